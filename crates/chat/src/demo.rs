//! Support for the demo data, whose messages are dated in the past.

use crate::{Chat, Result};
use model::MessageId;
use time::OffsetDateTime;

impl Chat {
    /// Returns whether there is no user yet.
    pub async fn is_empty(&self) -> Result<bool> {
        let empty = sqlx::query_scalar!(r#"select not exists (select from users) as "empty!""#)
            .fetch_one(&self.0.db)
            .await?;
        Ok(empty)
    }

    /// Sets the time of a message, and moves the creation of its conversation and the joining of
    /// its members before it.
    pub async fn backdate_message(&self, id: MessageId, sent_at: OffsetDateTime) -> Result<()> {
        sqlx::query!(
            "with backdated as (
                update messages set
                    created_at = $2::timestamptz,
                    edited_at = case when edited_at is not null then $2::timestamptz + interval '1 minute' end
                where id = $1
                returning conversation_id
            ), indexed as (
                update message_search set created_at = $2::timestamptz where message_id = $1
            ), older as (
                update members set joined_at = least(joined_at, $2::timestamptz - interval '1 hour')
                where conversation_id in (select conversation_id from backdated)
            )
            update conversations set created_at = least(created_at, $2::timestamptz - interval '1 hour')
            where id in (select conversation_id from backdated)",
            id.0,
            sent_at
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }
}
