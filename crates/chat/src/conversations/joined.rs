//! What a caller takes part in, for doors whose every event begins with that question.

use super::ConversationMeta;
use crate::{
    Caller, Chat, Error, Result,
    messages::{as_message, load_message},
};
use model::{ConversationId, Message, MessageId};
use std::sync::Arc;

impl Chat {
    /// For members only: what anybody may look at is not joined yet.
    pub async fn require_joined(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<Arc<ConversationMeta>> {
        self.require_member(caller, id).await?;
        self.conversation_meta(id).await
    }

    /// A message of a conversation that the caller has joined, unless it was deleted.
    pub async fn require_joined_message(
        &self,
        caller: &Caller,
        id: MessageId,
    ) -> Result<(Message, Arc<ConversationMeta>)> {
        let conversation_id = self.conversation_of(id).await?;
        let meta = self.require_joined(caller, conversation_id).await;
        let meta = meta.map_err(as_message)?;
        let mut db = self.0.db.acquire().await?;
        let message = load_message(&mut db, id).await?;
        match message.deleted_at {
            None => Ok((message, meta)),
            Some(_) => Err(Error::NotFound("message")),
        }
    }
}
