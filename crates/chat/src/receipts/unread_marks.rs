//! Marks: messages that a member has read count as unread again, for that member alone.

use crate::{Caller, Chat, Error, Result};
use model::{ConversationId, Unread};

impl Chat {
    /// Counts the messages from this position on as unread again, until they are read once more or the
    /// caller sends something there. The caller's own devices are told; what others see as read stays.
    /// Messages that are unread already stay unread, and own messages never are. Returns what is unread then. Members only.
    pub async fn mark_unread(
        &self,
        caller: &Caller,
        id: ConversationId,
        position: i64,
    ) -> Result<Unread> {
        if position < 1 {
            return Err(Error::invalid("position", "must be at least 1"));
        }
        self.0.limits.told.take_change(caller.user_id, 1)?;
        let has_changed = if id == ConversationId::ANNOUNCEMENTS {
            self.write_announcements_mark(caller, position - 1).await?
        } else {
            self.write_unread_mark(caller, id, position - 1).await?
        };
        if has_changed {
            self.publish_unread_now([(caller.user_id, id)]);
        }
        self.unread_in(caller.user_id, id).await
    }

    /// Returns whether the counts begin earlier than before.
    async fn write_unread_mark(
        &self,
        caller: &Caller,
        id: ConversationId,
        after: i64,
    ) -> Result<bool> {
        let has_changed = sqlx::query_scalar!(
            r#"with old as (
                select m.read_position,
                    counted_position(m.read_position, m.unread_after, m.unread_marked_at) as counted
                from members m
                where m.conversation_id = $1 and m.user_id = $2 and m.left_at is null
                for update of m
            ), marked as (
                update members set unread_after = $3, unread_marked_at = old.read_position
                from old where conversation_id = $1 and user_id = $2 and $3 < old.counted
            )
            select $3 < counted as "has_changed!" from old"#,
            id.0,
            caller.user_id.0,
            after
        )
        .fetch_optional(&self.0.db)
        .await?;
        has_changed.ok_or(Error::NotFound("conversation"))
    }

    /// As `write_unread_mark`, in the announcements, to which everybody belongs.
    async fn write_announcements_mark(&self, caller: &Caller, after: i64) -> Result<bool> {
        let marked = sqlx::query!(
            "update users
            set announcements_unread_after = $2, announcements_unread_marked_at = announcements_read
            where id = $1 and $2 < counted_position(announcements_read, announcements_unread_after,
                announcements_unread_marked_at)",
            caller.user_id.0,
            after
        )
        .execute(&self.0.db)
        .await?;
        Ok(marked.rows_affected() > 0)
    }
}
