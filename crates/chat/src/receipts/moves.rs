//! Positions that moved, told with the messages that they moved over.

use crate::{Chat, Result};
use model::{ConversationId, MessageId, Moved, Receipt, UserId};
use time::OffsetDateTime;

/// Messages that a receipt names of each kind.
const MOST_NAMED: i64 = 100;

/// One member's positions, each before and after.
#[derive(Clone, Copy)]
pub struct Move {
    pub user_id: UserId,
    pub read: (i64, i64),
    pub delivered: (i64, i64),
    /// The position of the conversation's newest message.
    pub newest: i64,
    pub at: OffsetDateTime,
}

struct Named {
    position: i64,
    id: MessageId,
    sender_id: UserId,
}

impl Move {
    pub fn has_read(&self) -> bool {
        self.read.1 > self.read.0
    }

    /// From where to where, over both positions.
    fn span(&self) -> Option<(i64, i64)> {
        let moved = [self.read, self.delivered].into_iter();
        moved
            .filter(|(before, after)| after > before)
            .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
    }

    fn receipt(&self, conversation_id: ConversationId, messages: &[Named]) -> Receipt {
        let of = |(before, after): (i64, i64)| {
            let of_others = messages.iter().filter(|it| {
                it.sender_id != self.user_id && it.position > before && it.position <= after
            });
            of_others.map(|it| (it.id, it.sender_id)).collect()
        };
        Receipt {
            conversation_id,
            user_id: self.user_id,
            read_position: self.read.1,
            delivered_position: self.delivered.1,
            moved: Some(Moved {
                at: self.at,
                from: self.read.0,
                all: self.read.1 == self.newest,
                read: of(self.read),
                delivered: of(self.delivered),
            }),
        }
    }
}

impl Chat {
    /// Those that did not move are not told. The positions are written by now: a failure to name
    /// the messages is for the log.
    pub(crate) async fn tell_moves(&self, id: ConversationId, moves: &[Move]) {
        let spans = moves.iter().filter_map(Move::span);
        let Some((from, to)) = spans.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
        else {
            return;
        };
        let messages = self.named(id, from, to).await.unwrap_or_else(|error| {
            tracing::warn!(conversation_id = %id, ?error, "a receipt goes without its messages");
            Vec::new()
        });
        for it in moves.iter().filter(|it| it.span().is_some()) {
            self.tell_receipt(it.receipt(id, &messages));
        }
    }

    /// The newest messages after one position up to another, in order.
    async fn named(&self, id: ConversationId, from: i64, to: i64) -> Result<Vec<Named>> {
        let rows = sqlx::query!(
            "select position, id, sender_id from messages
            where conversation_id = $1 and position > $2 and position <= $3 and deleted_at is null
            order by position desc limit $4",
            id.0,
            from,
            to,
            MOST_NAMED
        )
        .fetch_all(&self.0.db)
        .await?;
        let messages = rows.into_iter().rev().map(|row| Named {
            position: row.position,
            id: MessageId(row.id),
            sender_id: UserId(row.sender_id),
        });
        Ok(messages.collect())
    }
}
