//! What happened, as clients of the contract hear it.

use super::dto::{self, ChatMessage};
use crate::{
    contracts::iso,
    gateway::{EncodedEvent, Fanout, Recipient},
};
use chat::{Caller, Chat, Error, MessagesRequest, PageAnchor, Result};
use model::{ConversationId, ConversationKind, Event, Message, MessageKind, UserId};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// What the document's clients wait for, to the letter.
const STARTED: &str = "Direct chat started";

/// Every room, whatever its kind.
pub const ALL: [ConversationKind; 3] = [
    ConversationKind::Direct,
    ConversationKind::Group,
    ConversationKind::Channel,
];

pub async fn render(chat: &Chat, event: &Event) -> Result<Vec<Fanout>> {
    let told = match event {
        // A sender hears their own message, wherever their sockets are.
        Event::MessageCreated { message: it, .. } => {
            let sender = it.sender.id;
            let printed = EncodedEvent::new("chat:message", &message(chat, it).await?)?;
            let hears =
                move |listener: &Recipient| listener.is_in_room || listener.user_id == sender;
            return Ok(vec![Fanout::to(printed, hears)]);
        }
        Event::MessageUpdated { message: it, .. } => {
            let payload =
                json!({ "roomId": it.conversation_id, "message": message(chat, it).await? });
            EncodedEvent::new("chat:message_update", &payload)?
        }
        Event::MessageDeleted { message: it, .. } => {
            let payload = json!({ "roomId": it.conversation_id, "messageId": it.id });
            EncodedEvent::new("chat:message_delete", &payload)?
        }
        Event::Typing {
            conversation_id,
            user_id,
            typing,
        } => {
            let payload =
                json!({ "userId": user_id, "roomId": conversation_id, "isTyping": typing });
            EncodedEvent::new("chat:typing_status", &payload)?.volatile()
        }
        Event::ReceiptUpdated(receipt) => match &receipt.moved {
            Some(moved) if !moved.read.is_empty() => {
                let payload = json!({
                    "userId": receipt.user_id,
                    "roomId": receipt.conversation_id,
                    "readAt": iso(moved.at),
                });
                EncodedEvent::new("chat:messages_read", &payload)?
            }
            _ => return Ok(Vec::new()),
        },
        Event::PresenceChanged(presence) => {
            let payload = json!({
                "userId": presence.user_id,
                "status": presence.status,
                "lastSeen": presence.last_seen_at.map(iso),
            });
            let printed = EncodedEvent::new("chat:presence_update", &payload)?;
            return Ok(vec![Fanout::to_all(printed)]);
        }
        Event::FavoritesChanged { favorites } => {
            let favorites: Vec<_> = favorites.iter().map(dto::favorite).collect();
            let printed = EncodedEvent::new("chat:favorites_update", &favorites)?;
            return Ok(vec![Fanout::to_all(printed)]);
        }
        _ => return Ok(Vec::new()),
    };
    Ok(vec![Fanout::to(told, |listener| listener.is_in_room)])
}

/// Whether the list of rooms of whoever hears the event is another one now. A message is none of
/// these: it says by itself what comes last in its room.
pub fn changes_rooms(event: &Event) -> bool {
    matches!(
        event,
        Event::ConversationCreated { .. }
            | Event::ConversationUpdated { .. }
            | Event::ConversationRemoved { .. }
            | Event::UnreadChanged { .. }
    )
}

/// The same of the list of people.
pub fn changes_people(event: &Event) -> bool {
    matches!(
        event,
        Event::ConversationCreated { .. }
            | Event::ConversationRemoved { .. }
            | Event::MemberAdded { .. }
            | Event::MemberRemoved { .. }
    )
}

/// The lists that the event has changed, as the caller has them now.
pub async fn lists(chat: &Chat, caller: &Caller, event: &Event) -> Result<Vec<EncodedEvent>> {
    let mut lists = Vec::new();
    if changes_rooms(event) {
        let rooms = chat.conversations_of(caller, &ALL).await?;
        let rooms: Vec<_> = rooms.iter().map(dto::room).collect();
        lists.push(EncodedEvent::new("chat:room_list_update", &rooms)?);
    }
    if changes_people(event) {
        let people = chat.people(caller).await?;
        let people: Vec<_> = people.iter().map(dto::person).collect();
        lists.push(EncodedEvent::new("chat:people_list_update", &people)?);
    }
    Ok(lists)
}

pub async fn init_data(chat: &Chat, caller: &Caller) -> Result<EncodedEvent> {
    let rooms = chat.conversations_of(caller, &ALL).await?;
    let people = chat.people(caller).await?;
    let favorites = chat.favorites(caller).await?;
    let data = json!({
        "rooms": rooms.iter().map(dto::room).collect::<Vec<_>>(),
        "people": people.iter().map(dto::person).collect::<Vec<_>>(),
        "favorites": favorites.iter().map(dto::favorite).collect::<Vec<_>>(),
    });
    EncodedEvent::new("chat:init_data", &data)
}

pub async fn message<'a>(chat: &Chat, message: &'a Message) -> Result<ChatMessage<'a>> {
    let meta = chat.conversation_meta(message.conversation_id).await?;
    let names = names(chat, std::slice::from_ref(message)).await?;
    Ok(ChatMessage::new(message, meta.kind, &names))
}

/// The message that says that two people have begun to talk; made up from the first that there is,
/// where they began without it.
pub async fn start(chat: &Chat, caller: &Caller, id: ConversationId) -> Result<EncodedEvent> {
    let anchor = PageAnchor::After(0);
    let limit = Some(1);
    let page = chat
        .messages(caller, id, MessagesRequest { anchor, limit })
        .await?;
    let first = page.items.first().ok_or(Error::NotFound("message"))?;
    let mut start = json!(message(chat, first).await?);
    if first.kind != MessageKind::System || first.deleted_at.is_some() {
        start["id"] = format!("start-{id}").into();
        start["type"] = "SYSTEM".into();
        start["content"] = STARTED.into();
        start["reactions"] = json!([]);
    }
    EncodedEvent::new("chat:message", &start)
}

/// Messages of one room.
pub async fn messages<'a>(
    chat: &Chat,
    id: ConversationId,
    messages: &'a [Message],
) -> Result<Vec<ChatMessage<'a>>> {
    let meta = chat.conversation_meta(id).await?;
    let names = names(chat, messages).await?;
    let messages = messages.iter();
    Ok(messages
        .map(|message| ChatMessage::new(message, meta.kind, &names))
        .collect())
}

/// Of those who reacted.
async fn names(chat: &Chat, messages: &[Message]) -> Result<HashMap<UserId, String>> {
    let reactions = messages.iter().flat_map(|message| &message.reactions);
    let users: HashSet<UserId> = reactions.flat_map(|it| it.user_ids.clone()).collect();
    let contacts = chat.user_cards(&Vec::from_iter(users)).await?;
    let contacts = contacts.into_iter();
    Ok(contacts.map(|(id, it)| (id, it.name.clone())).collect())
}
