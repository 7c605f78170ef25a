//! Receipts and unread counts that a node may have missed: read from the database, and published to the
//! clients of this node. They have no seq, so `moved_at` tells which there are.

use super::{
    advances::receipt_delivery,
    message_ranges::merged_ranges,
    position_advance::{Advance, MessagesByPosition, PositionAdvance},
};
use crate::{Chat, Result};
use model::{ConversationId, UserId};
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// Receipts that are published again for one part of a node's conversations. Of more, the latest are.
const MAX_RECEIPTS: i64 = 5_000;

/// Unread counts per query.
const COUNTS_PER_QUERY: usize = 500;

/// Members of a conversation who are told their unread counts after its changes were repaired, at most:
/// in larger ones these counts are not told after a deletion either.
const MAX_RECOUNTED_MEMBERS: i64 = 200;

impl Chat {
    /// Publishes to this node the receipts of these conversations since then, and to their users the
    /// unread counts.
    pub(crate) async fn publish_missed_receipts(
        &self,
        ids: &[ConversationId],
        since: OffsetDateTime,
    ) -> Result<()> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            r#"select m.conversation_id, m.user_id, m.read_position, m.delivered_position,
                m.moved_at as "at!", coalesce((
                    select max(r.position) from read_marks r
                    where r.conversation_id = m.conversation_id and r.user_id = m.user_id
                        and r.read_at <= $2
                ), 0) as "read_before!", not exists (
                    select from messages where conversation_id = c.id and deleted_at is null
                        and messages.position > m.read_position and messages.position <= c.position
                ) as "is_caught_up!"
            from members m join conversations c on c.id = m.conversation_id
            where m.conversation_id = any($1) and m.left_at is null and m.moved_at > $2
            order by m.moved_at desc limit $3"#,
            &ids,
            since,
            MAX_RECEIPTS
        )
        .fetch_all(&self.0.db)
        .await?;
        let advances = rows.into_iter().map(|row| {
            let read = Advance {
                before: row.read_before.min(row.read_position),
                after: row.read_position,
            };
            PositionAdvance {
                conversation_id: ConversationId(row.conversation_id),
                user_id: UserId(row.user_id),
                read,
                // What is read counts as delivered: only the messages between the two are named.
                delivered: Advance {
                    before: row.read_position.min(row.delivered_position),
                    after: row.delivered_position,
                },
                is_caught_up: row.is_caught_up,
                at: row.at,
                implied_by_send: false,
            }
        });
        self.publish_here(advances.collect()).await
    }

    /// The same of the announcements, for these users: nobody else learns how far they have read.
    pub(crate) async fn publish_missed_announcement_receipts(
        &self,
        user_ids: &[UserId],
        since: OffsetDateTime,
    ) -> Result<()> {
        let ids: Vec<_> = user_ids.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            r#"select u.id, u.announcements_read, u.announcements_delivered,
                u.announcements_moved_at as "at!"
            from users u where u.id = any($1) and u.announcements_moved_at > $2"#,
            &ids,
            since
        )
        .fetch_all(&self.0.db)
        .await?;
        let advances = rows.into_iter().map(|row| PositionAdvance {
            conversation_id: ConversationId::ANNOUNCEMENTS,
            user_id: UserId(row.id),
            read: Advance {
                before: row.announcements_read,
                after: row.announcements_read,
            },
            delivered: Advance {
                before: row.announcements_delivered,
                after: row.announcements_delivered,
            },
            is_caught_up: false,
            at: row.at,
            implied_by_send: false,
        });
        self.publish_here(advances.collect()).await
    }

    /// Counts again for the users of this node what they have not read of these conversations, in which
    /// messages were deleted, edited or mentioned somebody.
    pub(crate) async fn recount_unread_here(&self, ids: &BTreeSet<ConversationId>) -> Result<()> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            "select m.user_id, m.conversation_id
            from members m join conversations c on c.id = m.conversation_id
            where c.id = any($1) and c.member_count <= $2 and m.left_at is null",
            &ids,
            MAX_RECOUNTED_MEMBERS
        )
        .fetch_all(&self.0.db)
        .await?;
        let keys = rows
            .into_iter()
            .map(|row| (UserId(row.user_id), ConversationId(row.conversation_id)));
        self.publish_unread_here(keys).await
    }

    async fn publish_here(&self, advances: Vec<PositionAdvance>) -> Result<()> {
        if advances.is_empty() {
            return Ok(());
        }
        let messages = self.messages_in(&merged_ranges(&advances)).await?;
        let none = MessagesByPosition::new();
        for it in &advances {
            let messages = messages.get(&it.conversation_id).unwrap_or(&none);
            let receipt = it.receipt(messages);
            self.0.bus.publish_local(receipt_delivery(receipt));
        }
        let keys = advances.iter().map(|it| (it.user_id, it.conversation_id));
        self.publish_unread_here(keys).await
    }

    /// Counts and publishes for those of the users who have a device on this node.
    async fn publish_unread_here(
        &self,
        keys: impl Iterator<Item = (UserId, ConversationId)>,
    ) -> Result<()> {
        let keys: Vec<_> = keys
            .filter(|(user_id, _)| self.0.presence.is_connected(*user_id))
            .collect();
        for keys in keys.chunks(COUNTS_PER_QUERY) {
            for delivery in self.count_unread(keys.iter().copied()).await? {
                self.0.bus.publish_local(delivery);
            }
        }
        Ok(())
    }
}
