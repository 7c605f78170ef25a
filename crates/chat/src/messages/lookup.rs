//! Looks up the conversation of a message, and hides messages of hidden conversations.

use crate::{Chat, Error, Result};
use model::{ConversationId, MessageId};

impl Chat {
    /// `NotFound` for an id that no message has. Checks no membership.
    pub(crate) async fn conversation_of(&self, id: MessageId) -> Result<ConversationId> {
        let found = sqlx::query_scalar!("select conversation_id from messages where id = $1", id.0)
            .fetch_optional(&self.0.db)
            .await?;
        found.map(ConversationId).ok_or(Error::NotFound("message"))
    }
}

/// Rewords `NotFound` of a conversation as `NotFound` of the message that was asked for, so that a
/// hidden message is refused in the same words as a missing one.
pub(crate) fn as_message(error: Error) -> Error {
    match error {
        Error::NotFound(_) => Error::NotFound("message"),
        other => other,
    }
}
