//! The conversations that the contract shows: direct ones, and the announcements. Access to them, their
//! list and their messages.

use super::dto::{self, MessageDto, Pair, Person};
use crate::contracts::direct_pair::{DirectPair, read_times};
use chat::{Caller, Chat, ConversationMeta, Error, OffsetPageRequest, Result};
use model::{ConversationId, ConversationKind, ConversationSummary, Message, MessageId, UserId};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};

/// A direct conversation of the caller's, or the announcements. Any other is refused as if it did not
/// exist.
pub async fn require_shown(
    chat: &Chat,
    caller: &Caller,
    id: ConversationId,
) -> Result<Arc<ConversationMeta>> {
    let meta = chat.require_joined(caller, id).await?;
    if meta.kind.is_group() {
        Err(Error::NotFound("conversation"))
    } else {
        Ok(meta)
    }
}

/// A message of such a conversation that is not deleted.
pub async fn require_shown_message(chat: &Chat, caller: &Caller, id: MessageId) -> Result<Message> {
    let (message, meta) = chat.require_joined_message(caller, id).await?;
    if meta.kind.is_group() {
        Err(Error::NotFound("message"))
    } else {
        Ok(message)
    }
}

/// A page of the caller's conversations, the one with the newest message first, and the number of all.
pub async fn list_conversations(
    chat: &Chat,
    caller: &Caller,
    request: OffsetPageRequest,
) -> Result<(Vec<Value>, i64)> {
    let kinds = [ConversationKind::Direct, ConversationKind::Announcements];
    let found = chat.page_of_conversations(caller, &kinds, request).await?;
    let (announcements, direct): (Vec<_>, Vec<_>) = found
        .items
        .into_iter()
        .enumerate()
        .partition(|(_, it)| it.conversation.kind == ConversationKind::Announcements);
    let (places, direct): (Vec<_>, Vec<_>) = direct.into_iter().unzip();
    let pairs = DirectPair::load_many(chat, &direct).await?;
    let rows = direct.iter().zip(&pairs);
    let rows = rows.map(|(head, pair)| dto::conversation(head, pair));
    let mut rows: Vec<_> = places.into_iter().zip(rows).collect();
    for (place, head) in announcements {
        rows.push((place, announcements_row(chat, caller, &head).await?));
    }
    rows.sort_unstable_by_key(|(place, _)| *place);
    let rows = rows.into_iter().map(|(_, row)| row);
    Ok((rows.collect(), found.total))
}

async fn announcements_row(
    chat: &Chat,
    caller: &Caller,
    head: &ConversationSummary,
) -> Result<Value> {
    let last = head.last_message.as_ref();
    let last_sender = last.map_or(caller.user_id, |it| it.sender.id);
    let people = people(chat, [last_sender, caller.user_id]).await?;
    let person = |id| people.get(&id).ok_or(Error::NotFound("user"));
    let (last_sender, reader) = (person(last_sender)?, person(caller.user_id)?);
    Ok(dto::announcements(head, last_sender, reader))
}

/// Messages of a conversation as the caller sees them.
pub async fn list_messages(
    chat: &Chat,
    caller: &Caller,
    meta: &ConversationMeta,
    messages: &[Message],
) -> Result<Vec<Value>> {
    if meta.kind == ConversationKind::Announcements {
        return list_announcements(chat, caller, messages).await;
    }
    let pair = Pair::load(chat, meta).await?;
    let read_times = read_times(chat, caller, meta, messages).await?;
    let rows = messages.iter().zip(read_times);
    let rows = rows.map(|(message, read_at)| json!(MessageDto::new(message, &pair, read_at)));
    Ok(rows.collect())
}

/// Each is to the caller, who has read it or not. Nobody is told who else has.
async fn list_announcements(
    chat: &Chat,
    caller: &Caller,
    messages: &[Message],
) -> Result<Vec<Value>> {
    let positions = messages.iter().map(|message| message.position);
    let Some((first, last)) = positions.clone().min().zip(positions.max()) else {
        return Ok(Vec::new());
    };
    let id = ConversationId::ANNOUNCEMENTS;
    let head = chat.conversation(caller, id).await?;
    let marks = chat.own_read_marks(caller, id, first, last).await?;
    let senders = messages.iter().map(|message| message.sender.id);
    let people = people(chat, senders.chain([caller.user_id])).await?;
    let rows = messages.iter().map(|message| {
        let sender = message.sender.id;
        let person = |id| people.get(&id).ok_or(Error::NotFound("user"));
        let receiver = (sender != caller.user_id).then_some(caller.user_id);
        let is_read = receiver.is_some() && message.position <= head.read_position;
        // In the order of positions: the first one that reaches the message.
        let mark = marks.iter().find(|it| it.position >= message.position);
        let read_at = mark.filter(|_| is_read).map(|it| it.read_at);
        let receiver = receiver.map(person).transpose()?;
        let shown = MessageDto::announced(message, person(sender)?, receiver, is_read, read_at);
        Ok(json!(shown))
    });
    rows.collect()
}

/// These users, loaded in one query as far as they are not cached.
async fn people(
    chat: &Chat,
    ids: impl IntoIterator<Item = UserId>,
) -> Result<HashMap<UserId, Person>> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let cards = chat.user_cards(&ids).await?.into_iter();
    Ok(cards.map(|(id, card)| (id, Person::from(&*card))).collect())
}
