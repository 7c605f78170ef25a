//! `Batch`: the open transaction of one batch of an import.

use super::outcome::Outcome;
use crate::Result;
use model::AppId;
use sqlx::PgConnection;
use std::collections::HashMap;

pub struct Batch<'a> {
    pub db: &'a mut PgConnection,
    pub app_id: AppId,
    pub outcome: Outcome,
}

/// The counters of a conversation whose row is locked.
#[derive(Clone, Copy)]
pub struct Counters {
    pub position: i64,
    pub seq: i64,
    /// The two users of a direct conversation.
    pub pair: Option<(i64, i64)>,
}

impl Counters {
    /// Whether the user may have written or reacted here: in other than direct conversations, those who
    /// have left may have, too.
    pub fn has_room_for(&self, user_id: i64) -> bool {
        self.pair
            .is_none_or(|(low, high)| user_id == low || user_id == high)
    }
}

impl Batch<'_> {
    /// Locks the rows of conversations, in the order of their ids as every change does.
    pub async fn lock(&mut self, ids: &[i64]) -> Result<HashMap<i64, Counters>> {
        let rows = sqlx::query!(
            "select id, position, seq, low_user_id, high_user_id from conversations
            where id = any($1) order by id for no key update",
            ids
        )
        .fetch_all(&mut *self.db)
        .await?;
        let counters = rows.into_iter().map(|row| {
            let counters = Counters {
                position: row.position,
                seq: row.seq,
                pair: row.low_user_id.zip(row.high_user_id),
            };
            (row.id, counters)
        });
        Ok(counters.collect())
    }

    /// Gives each of the messages, which have changed, the next `seq` of its conversation. The
    /// conversations are locked.
    pub async fn bump(&mut self, message_ids: &[i64]) -> Result<()> {
        if message_ids.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "with changed as materialized (
                select m.id, m.conversation_id, c.seq
                    + row_number() over (partition by c.id order by m.position) as seq
                from messages m join conversations c on c.id = m.conversation_id
                where m.id = any($1)
            ), moved as (
                update messages m set seq = changed.seq from changed where m.id = changed.id
            )
            update conversations c set seq = last.seq
            from (select conversation_id, max(seq) as seq from changed group by 1) last
            where c.id = last.conversation_id",
            message_ids
        )
        .execute(&mut *self.db)
        .await?;
        Ok(())
    }
}
