//! Messages: sent once, edited with their history kept, deleted to a tombstone, read in pages.

use crate::{Caller, Chat, Result};
use model::{ConversationId, Edit, Message, MessageId, NewMessage, Page, Sent};

/// Which part of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    #[default]
    Newest,
    /// Positions below this one, the nearest.
    Before(i64),
    /// Positions above this one, the nearest.
    After(i64),
    /// Half before, half from this one on.
    Around(i64),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessagesRequest {
    pub span: Span,
    pub limit: Option<i64>,
}

impl Chat {
    /// Writes a message, at the next position. A retry with the same `clientId` returns the first
    /// result; the same `clientId` with other content is a conflict.
    pub async fn send_message(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewMessage,
    ) -> Result<Sent> {
        todo!()
    }
    /// Oldest first. `nextCursor` is the position to go on from, in the direction of the span
    /// (`before` it for the newest page, `after` it for `After`; none for `Around`).
    pub async fn messages(
        &self,
        caller: &Caller,
        id: ConversationId,
        request: MessagesRequest,
    ) -> Result<Page<Message>> {
        todo!()
    }
    pub async fn message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        todo!()
    }
    /// By its sender only.
    pub async fn edit_message(
        &self,
        caller: &Caller,
        id: MessageId,
        body: String,
    ) -> Result<Message> {
        todo!()
    }
    /// By its sender, or by an owner or admin of a group or channel.
    pub async fn delete_message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        todo!()
    }
    /// Earlier wordings, the newest first.
    pub async fn edits(&self, caller: &Caller, id: MessageId) -> Result<Vec<Edit>> {
        todo!()
    }
}
