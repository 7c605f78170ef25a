//! Read marks: how far each member had read, and when.

use crate::{Caller, Chat, Result};
use model::{ConversationId, UserId};
use time::OffsetDateTime;

/// The user had read every message up to `position` at `read_at`. A message was read at the first
/// mark at or above its position, or before, where that mark is older than a year (`sweeps/read_marks`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadMark {
    pub user_id: UserId,
    pub position: i64,
    pub read_at: OffsetDateTime,
}

impl Chat {
    /// The caller's own marks among these: those at `from` or above and below `to`, and the first one
    /// at `to` or above. Members only.
    pub async fn own_read_marks(
        &self,
        caller: &Caller,
        id: ConversationId,
        from: i64,
        to: i64,
    ) -> Result<Vec<ReadMark>> {
        self.require_member(caller, id).await?;
        let marks = sqlx::query_as!(
            ReadMark,
            r#"select user_id as "user_id!", position as "position!", read_at as "read_at!" from (
                select user_id, position, read_at from read_marks
                where conversation_id = $1 and user_id = $2 and position >= $3 and position < $4
                union all (
                    select user_id, position, read_at from read_marks
                    where conversation_id = $1 and user_id = $2 and position >= $4
                    order by position limit 1
                )
            ) marks order by position"#,
            id.0,
            caller.user_id.0,
            from,
            to
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(marks)
    }

    /// The marks that tell when the messages at positions `from` to `to` were read, in the order of
    /// positions: of each member those at `from` or above and below `to`, and the first one at `to`
    /// or above; nobody's in the announcements. Members only.
    pub async fn read_marks(
        &self,
        caller: &Caller,
        id: ConversationId,
        from: i64,
        to: i64,
    ) -> Result<Vec<ReadMark>> {
        self.require_member(caller, id).await?;
        let rows = sqlx::query!(
            r#"select m.user_id, marks.position as "position!", marks.read_at as "read_at!"
            from members m
            cross join lateral (
                select position, read_at from read_marks
                where conversation_id = $1 and user_id = m.user_id
                    and position >= $2 and position < $3
                union all (
                    select position, read_at from read_marks
                    where conversation_id = $1 and user_id = m.user_id and position >= $3
                    order by position limit 1
                )
            ) marks
            where m.conversation_id = $1 and m.left_at is null and m.read_position >= $2
            order by marks.position, m.user_id"#,
            id.0,
            from,
            to
        )
        .fetch_all(&self.0.db)
        .await?;
        let marks = rows.into_iter().map(|row| ReadMark {
            user_id: UserId(row.user_id),
            position: row.position,
            read_at: row.read_at,
        });
        Ok(marks.collect())
    }
}
