//! Where forwarded messages were said, for those who may see it.

use crate::{Caller, Chat, Result, conversations::parse_kind, page};
use model::{ConversationId, MessageId, Origin};

impl Chat {
    /// The origins of these messages, by their ids: of those that are forwards, that the caller may see, and whose
    /// original they may see too, as of now. Nothing tells the others from messages that do not exist.
    pub async fn origins(&self, caller: &Caller, ids: &[MessageId]) -> Result<Vec<Origin>> {
        let ids = page::message_ids(ids)?;
        let rows = sqlx::query!(
            "select f.message_id, o.id as original_id, c.id as conversation_id, c.kind, c.title
            from forwards f
            join messages m on m.id = f.message_id and m.deleted_at is null
            join messages o on o.id = f.original_id
            join conversations c on c.id = o.conversation_id
            where f.message_id = any($1) and (
                select count(*) = 2 or (count(*) = 1 and m.conversation_id = c.id)
                from visible_conversations v
                where v.user_id = $2 and v.conversation_id in (m.conversation_id, c.id)
            )
            order by f.message_id",
            &ids,
            caller.user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let origins = rows.into_iter().map(|row| Origin {
            message_id: MessageId(row.message_id),
            original_id: MessageId(row.original_id),
            conversation_id: ConversationId(row.conversation_id),
            kind: parse_kind(&row.kind),
            title: row.title,
        });
        Ok(origins.collect())
    }
}
