//! Direct conversations, for the contracts that show nothing else: access, the two people, and when
//! messages were read.

use chat::{Caller, Chat, ConversationMeta, Error, Result, UserCard};
use model::{ConversationId, ConversationKind, ConversationSummary, Message, MessageId, UserId};
use std::sync::Arc;
use time::OffsetDateTime;

/// A direct conversation of the caller's. Any other is refused as if it did not exist.
pub async fn require_direct(
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

/// A message of a direct conversation of the caller's that is not deleted.
pub async fn require_direct_message(
    chat: &Chat,
    caller: &Caller,
    id: MessageId,
) -> Result<Message> {
    let (message, meta) = chat.require_joined_message(caller, id).await?;
    if meta.kind == ConversationKind::Direct {
        Ok(message)
    } else {
        Err(Error::NotFound("message"))
    }
}

/// The two people of a direct conversation, in the contract's type for a person.
pub struct DirectPair<P> {
    pub meta: ConversationMeta,
    /// Who has the smaller id.
    pub low: P,
    pub high: P,
}

impl<P: for<'a> From<&'a UserCard>> DirectPair<P> {
    pub async fn load(chat: &Chat, meta: &ConversationMeta) -> Result<Self> {
        let (low, high) = meta.pair.ok_or(Error::NotFound("conversation"))?;
        let (low, high) = (chat.user_card(low).await?, chat.user_card(high).await?);
        Ok(Self {
            meta: *meta,
            low: P::from(&low),
            high: P::from(&high),
        })
    }

    /// The pair of each conversation. Their user cards are loaded in one query.
    pub async fn load_many(chat: &Chat, heads: &[ConversationSummary]) -> Result<Vec<Self>> {
        let peers = heads.iter().filter_map(|head| head.peer.as_ref());
        let peers: Vec<_> = peers.map(|peer| peer.id).collect();
        chat.user_cards(&peers).await?;
        let mut pairs = Vec::with_capacity(heads.len());
        for head in heads {
            let meta = chat.conversation_meta(head.conversation.id).await?;
            pairs.push(Self::load(chat, &meta).await?);
        }
        Ok(pairs)
    }

    /// The person with this id, and the other one.
    pub fn sides(&self, id: UserId) -> (&P, &P) {
        match self.meta.pair {
            Some((low, _)) if low == id => (&self.low, &self.high),
            _ => (&self.high, &self.low),
        }
    }
}

/// When the other person read each of the messages; None if they have not yet. Reading up to a
/// position reads everything before it.
pub async fn read_times(
    chat: &Chat,
    caller: &Caller,
    meta: &ConversationMeta,
    messages: &[Message],
) -> Result<Vec<Option<OffsetDateTime>>> {
    let positions = messages.iter().map(|message| message.position);
    let Some((first, last)) = positions.clone().min().zip(positions.max()) else {
        return Ok(Vec::new());
    };
    let marks = chat.read_marks(caller, meta.id, first, last).await?;
    let times = messages.iter().map(|message| {
        let receiver = meta.other(message.sender.id)?;
        let reached = marks
            .iter()
            .filter(|it| it.user_id == receiver && it.position >= message.position);
        reached.map(|it| it.read_at).min()
    });
    Ok(times.collect())
}

/// The number of unread messages in all of the caller's direct conversations.
pub async fn unread_total(chat: &Chat, caller: &Caller) -> Result<i64> {
    let unread = chat.direct_unread(caller).await?;
    Ok(unread.iter().map(|it| it.unread).sum())
}
