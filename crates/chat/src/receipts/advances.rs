//! Publishing of receipts: coalesced advances, with the messages that they passed.

use super::{
    disjoint_advances::DisjointAdvances,
    message_ranges::{MessageRange, as_i64, merged_ranges},
    position_advance::{
        MAX_MEMBERS_WITH_RECEIPTS, MAX_NAMED_MESSAGES, MessagesByPosition, PositionAdvance,
    },
};
use crate::{Audience, Chat, Delivery, Result};
use model::{ConversationId, Event, MessageId, Receipt, UserId};
use std::collections::{BTreeMap, BTreeSet};

type Keyed = ((ConversationId, UserId), DisjointAdvances);

impl Chat {
    /// Publishes receipts of these advances, and waits until they, or the first `MAX_FLUSH` of
    /// them, are published. While earlier ones are being published it does not wait: these follow
    /// after the coalescer's interval (50 ms). Advances that did not move a position are left out.
    pub(crate) async fn publish_receipts_now(
        &self,
        advances: impl IntoIterator<Item = PositionAdvance>,
    ) {
        let chat = self.clone();
        let flush = move |advances| chat.clone().flush_receipts(advances);
        let pending = &self.0.pending_receipts;
        if let Some(flushed) = pending.flush_now(keyed(advances), flush) {
            // A failure has been logged, and the positions are committed.
            let _ = flushed.await;
        }
    }

    /// Publishes receipts of these advances after a pause, merged with those that come meanwhile.
    pub(crate) fn schedule_receipts(&self, advances: impl IntoIterator<Item = PositionAdvance>) {
        let chat = self.clone();
        let flush = move |advances| chat.clone().flush_receipts(advances);
        self.0.pending_receipts.schedule(keyed(advances), flush);
    }

    async fn flush_receipts(self, advances: Vec<Keyed>) {
        let advances = advances.into_iter();
        let mut advances: Vec<_> = advances.flat_map(|(_, it)| it.into_advances()).collect();
        let implied = advances.iter().filter(|it| it.implied_by_send);
        let implied: BTreeSet<_> = implied.map(|it| it.conversation_id).collect();
        let large = self.large_of(&implied).await.unwrap_or_else(|error| {
            tracing::warn!(?error, "receipts go to large conversations, too");
            BTreeSet::new()
        });
        advances.retain(|it| !(it.implied_by_send && large.contains(&it.conversation_id)));
        let (advances, waiting) = self.split_receipts(advances).await;
        self.schedule_receipts(waiting);
        let messages = self.messages_in(&merged_ranges(&advances)).await;
        let messages = messages.unwrap_or_else(|error| {
            tracing::warn!(?error, "receipts go without their messages");
            BTreeMap::new()
        });
        let none = MessagesByPosition::new();
        for it in advances {
            let messages = messages.get(&it.conversation_id).unwrap_or(&none);
            self.publish_receipt(it.receipt(messages));
        }
    }

    /// Divides advances into those that may be told now and those that wait, to be merged with later ones,
    /// because their users' receipts have been told to many.
    async fn split_receipts(
        &self,
        advances: Vec<PositionAdvance>,
    ) -> (Vec<PositionAdvance>, Vec<PositionAdvance>) {
        let told = &self.0.limits.told;
        if !told.limits_receipts() {
            return (advances, Vec::new());
        }
        let ids: BTreeSet<_> = advances.iter().map(|it| it.conversation_id).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let sizes = self.audience_sizes(&ids).await.unwrap_or_default();
        advances.into_iter().partition(|it| {
            let people = sizes.get(&it.conversation_id).copied();
            told.take_receipt(it.user_id, people.unwrap_or_default())
        })
    }

    fn publish_receipt(&self, receipt: Receipt) {
        self.0.bus.publish(receipt_delivery(receipt));
    }

    /// Those of the conversations that have more than `MAX_MEMBERS_WITH_RECEIPTS` members.
    async fn large_of(&self, ids: &BTreeSet<ConversationId>) -> Result<BTreeSet<ConversationId>> {
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let large = sqlx::query_scalar!(
            "select id from conversations where id = any($1) and member_count > $2",
            &ids,
            MAX_MEMBERS_WITH_RECEIPTS
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(large.into_iter().map(ConversationId).collect())
    }

    /// Messages of the ranges, without deleted ones: of each range the newest `MAX_NAMED_MESSAGES`
    /// plus the largest spread of all ranges. Those are enough for every advance that was merged
    /// into a range, because the advances of a range end at most its spread apart.
    pub(super) async fn messages_in(
        &self,
        ranges: &[(ConversationId, MessageRange)],
    ) -> Result<BTreeMap<ConversationId, MessagesByPosition>> {
        let mut messages = BTreeMap::<_, MessagesByPosition>::new();
        if ranges.is_empty() {
            return Ok(messages);
        }
        let ids: Vec<_> = ranges.iter().map(|(id, _)| id.0).collect();
        let (froms, tos): (Vec<_>, Vec<_>) = ranges.iter().map(|(_, it)| (it.from, it.to)).unzip();
        let spread = ranges.iter().map(|(_, it)| it.spread()).max();
        let rows = sqlx::query!(
            r#"select span.id as "conversation_id!", m.position, m.id, m.sender_id
            from unnest($1::bigint[], $2::bigint[], $3::bigint[]) span(id, low, high)
            cross join lateral (
                select position, id, sender_id from messages
                where conversation_id = span.id and position > span.low
                    and position <= span.high and deleted_at is null
                order by position desc limit $4
            ) m"#,
            &ids,
            &froms,
            &tos,
            as_i64(MAX_NAMED_MESSAGES) + spread.unwrap_or(0)
        )
        .fetch_all(&self.0.db)
        .await?;
        for row in rows {
            let id = ConversationId(row.conversation_id);
            let message = (MessageId(row.id), UserId(row.sender_id));
            messages
                .entry(id)
                .or_default()
                .insert(row.position, message);
        }
        Ok(messages)
    }
}

/// The receipt, for those who are told it.
pub(super) fn receipt_delivery(receipt: Receipt) -> Delivery {
    let audience = match receipt.conversation_id {
        // Everybody belongs to it: only the user's own devices learn what the user has read.
        ConversationId::ANNOUNCEMENTS => Audience::Users(vec![receipt.user_id]),
        id => Audience::Conversations(vec![id]),
    };
    Delivery::Emit {
        audience,
        except: None,
        event: Event::ReceiptUpdated(receipt),
    }
}

fn keyed(advances: impl IntoIterator<Item = PositionAdvance>) -> impl Iterator<Item = Keyed> {
    let advances = advances.into_iter().filter(PositionAdvance::has_advanced);
    advances.map(|it| ((it.conversation_id, it.user_id), it.into()))
}
