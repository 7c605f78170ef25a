//! What the doors share that know two people and their conversation, and no groups.

use chat::{Caller, Chat, ConversationMeta, Error, ReadMark, Result};
use model::{ConversationId, ConversationKind, Message, MessageId, UserId};
use std::sync::Arc;
use time::OffsetDateTime;

/// The meta of an event, where such a door has words for it.
pub async fn meta(chat: &Chat, id: ConversationId) -> Result<Option<Arc<ConversationMeta>>> {
    match chat.conversation_meta(id).await {
        Ok(meta) => Ok((meta.kind == ConversationKind::Direct).then_some(meta)),
        // A group that has been deleted since.
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The meta of a direct conversation of the caller's; any other is not there.
pub async fn joined(
    chat: &Chat,
    caller: &Caller,
    id: ConversationId,
) -> Result<Arc<ConversationMeta>> {
    let meta = chat.require_joined(caller, id).await?;
    if meta.kind == ConversationKind::Direct {
        Ok(meta)
    } else {
        Err(Error::NotFound("conversation"))
    }
}

/// A message of such a conversation; a deleted one is not there.
pub async fn joined_message(chat: &Chat, caller: &Caller, id: MessageId) -> Result<Message> {
    let (message, meta) = chat.require_joined_message(caller, id).await?;
    if meta.kind == ConversationKind::Direct {
        Ok(message)
    } else {
        Err(Error::NotFound("message"))
    }
}

/// When the messages of a page were read.
pub struct ReadTimes(Vec<ReadMark>);

impl ReadTimes {
    pub async fn of(
        chat: &Chat,
        caller: &Caller,
        id: ConversationId,
        messages: &[Message],
    ) -> Result<Self> {
        let positions = messages.iter().map(|message| message.position);
        let (first, last) = (positions.clone().min(), positions.max());
        Ok(Self(match first.zip(last) {
            Some((first, last)) => chat.read_marks(caller, id, first, last).await?,
            None => Vec::new(),
        }))
    }

    /// Whoever has read up to a position has read what came before.
    pub fn at(&self, reader: UserId, position: i64) -> Option<OffsetDateTime> {
        let marks = self.0.iter();
        let reached = marks.filter(|it| it.user_id == reader && it.position >= position);
        reached.map(|it| it.read_at).min()
    }
}
