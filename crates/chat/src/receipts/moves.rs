//! Positions that moved, told with the messages that they moved over.

use super::{
    MOST_TICKED,
    untold::{Change, Untold},
};
use crate::{Chat, Result};
use model::{ConversationId, MessageId, Receipt, ReceiptDetails, UserId};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Included},
};
use time::OffsetDateTime;

/// Messages that a receipt names of each kind.
const MOST_NAMED: usize = 100;

/// Who moved in which conversation.
pub(crate) type UntoldMoves = Untold<(ConversationId, UserId), Move>;

/// One member's positions in a conversation, each before and after.
#[derive(Clone, Copy)]
pub struct Move {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub read: (i64, i64),
    pub delivered: (i64, i64),
    /// The position of the conversation's newest message.
    pub newest: i64,
    pub at: OffsetDateTime,
    /// Because they said something, which says it already.
    pub has_spoken: bool,
}

/// What some moved over who came about as far, in one conversation; the nearest came up to `least`.
#[derive(Clone, Copy)]
struct Span {
    from: i64,
    least: i64,
    to: i64,
}

/// Which message it is and whose, by its position in its conversation.
type Named = BTreeMap<i64, (MessageId, UserId)>;

impl Move {
    pub fn has_read(&self) -> bool {
        self.read.1 > self.read.0
    }

    /// From where to where, of each position that has moved.
    fn spans(&self) -> impl Iterator<Item = Span> {
        let moved = [self.read, self.delivered].into_iter();
        let moved = moved.filter(|(before, after)| after > before);
        moved.map(|(from, to)| Span {
            from,
            least: to,
            to,
        })
    }

    fn receipt(&self, messages: &Named) -> Receipt {
        let of = |(before, after): (i64, i64)| {
            let passed = messages.range((Excluded(before), Included(after))).rev();
            let passed = passed.map(|(_, message)| *message).take(MOST_NAMED);
            let mut named: Vec<_> = passed.filter(|it| it.1 != self.user_id).collect();
            named.reverse();
            named
        };
        Receipt {
            conversation_id: self.conversation_id,
            user_id: self.user_id,
            read_position: self.read.1,
            delivered_position: self.delivered.1,
            moved: Some(ReceiptDetails {
                at: self.at,
                from: self.read.0,
                all: self.read.1 == self.newest,
                read: of(self.read),
                delivered: of(self.delivered),
            }),
        }
    }
}

impl Span {
    fn with(self, other: Self) -> Self {
        Self {
            from: self.from.min(other.from),
            least: self.least.min(other.least),
            to: self.to.max(other.to),
        }
    }
}

impl Change for Move {
    type Key = (ConversationId, UserId);

    fn untold(chat: &Chat) -> &UntoldMoves {
        &chat.0.moves
    }

    /// However often somebody moves meanwhile, it is one move.
    fn then(self, later: Self) -> Self {
        let joined =
            |before: (i64, i64), after: (i64, i64)| (before.0.min(after.0), before.1.max(after.1));
        Self {
            read: joined(self.read, later.read),
            delivered: joined(self.delivered, later.delivered),
            newest: self.newest.max(later.newest),
            at: self.at.max(later.at),
            has_spoken: self.has_spoken && later.has_spoken,
            ..later
        }
    }

    async fn tell(chat: &Chat, moves: Vec<(Self::Key, Self)>) {
        let mut moves: Vec<_> = moves.into_iter().map(|(_, it)| it).collect();
        let spoken = moves.iter().filter(|it| it.has_spoken);
        let spoken: BTreeSet<_> = spoken.map(|it| it.conversation_id).collect();
        let large = chat.large_of(&spoken).await.unwrap_or_else(|error| {
            tracing::warn!(?error, "receipts go to large conversations, too");
            BTreeSet::new()
        });
        moves.retain(|it| !(it.has_spoken && large.contains(&it.conversation_id)));
        chat.tell_moves_now(&moves).await;
    }
}

impl Chat {
    /// Those that did not move are not told.
    pub(crate) async fn tell_moves(&self, moves: impl IntoIterator<Item = Move>) {
        if let Some(telling) = self.tell_at_once(moved(moves)) {
            // It has logged what failed.
            let _ = telling.await;
        }
    }

    /// The same, after a pause.
    pub(crate) fn tell_moves_soon(&self, moves: impl IntoIterator<Item = Move>) {
        self.tell_soon(moved(moves));
    }

    /// The positions are written by now: a failure to name the messages is for the log.
    async fn tell_moves_now(&self, moves: &[Move]) {
        let messages = self.named(&spans(moves)).await.unwrap_or_else(|error| {
            tracing::warn!(?error, "receipts go without their messages");
            BTreeMap::new()
        });
        let none = Named::new();
        for it in moves {
            let messages = messages.get(&it.conversation_id).unwrap_or(&none);
            self.tell_receipt(it.receipt(messages));
        }
    }

    /// Those that have so many members that nobody looks at each one's tick.
    async fn large_of(&self, ids: &BTreeSet<ConversationId>) -> Result<BTreeSet<ConversationId>> {
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let large = sqlx::query_scalar!(
            "select id from conversations where id = any($1) and member_count > $2",
            &ids,
            MOST_TICKED
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(large.into_iter().map(ConversationId).collect())
    }

    /// The messages that were moved over: enough of the newest for each who moved.
    async fn named(
        &self,
        spans: &[(ConversationId, Span)],
    ) -> Result<BTreeMap<ConversationId, Named>> {
        let mut messages = BTreeMap::<_, Named>::new();
        if spans.is_empty() {
            return Ok(messages);
        }
        let ids: Vec<_> = spans.iter().map(|(id, _)| id.0).collect();
        let (froms, tos): (Vec<_>, Vec<_>) = spans.iter().map(|(_, it)| (it.from, it.to)).unzip();
        let spread = spans.iter().map(|(_, it)| it.to - it.least).max();
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
            number(MOST_NAMED) + spread.unwrap_or(0)
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

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Of those who came about as far, one: the messages below are theirs in common.
fn spans(moves: &[Move]) -> Vec<(ConversationId, Span)> {
    let each = moves.iter();
    let mut each: Vec<_> = each
        .flat_map(|it| it.spans().map(|span| (it.conversation_id, span)))
        .collect();
    each.sort_unstable_by_key(|(id, span)| (*id, span.to));
    let mut spans: Vec<(ConversationId, Span)> = Vec::new();
    for (id, span) in each {
        match spans.last_mut() {
            Some((last_id, last))
                if *last_id == id && span.to - last.least <= number(MOST_NAMED) =>
            {
                *last = last.with(span);
            }
            _ => spans.push((id, span)),
        }
    }
    spans
}

fn moved(
    moves: impl IntoIterator<Item = Move>,
) -> impl Iterator<Item = ((ConversationId, UserId), Move)> {
    let far = moves.into_iter().filter(|it| it.spans().next().is_some());
    far.map(|it| ((it.conversation_id, it.user_id), it))
}
