//! Events of the chat in the words of the contract.

use super::dto::{self, ChatMessage};
use crate::{
    contracts::{
        fanouts::{to_all, to_room, volatile_to_room},
        timestamp::iso,
    },
    gateway::{EncodedEvent, Fanout, UserRef},
};
use chat::{Caller, Chat, Error, MessagesRequest, PageAnchor, Result};
use model::{
    ConversationId, ConversationKind, Event, Message, MessageKind, Presence, Receipt, UserId,
};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// The content of the system message that the contract's clients wait for.
const STARTED: &str = "Direct chat started";

/// The kinds of conversations that are rooms: all.
pub const ROOM_KINDS: [ConversationKind; 4] = [
    ConversationKind::Direct,
    ConversationKind::Group,
    ConversationKind::Channel,
    ConversationKind::Announcements,
];

/// `chat:message` to sockets in the room and to all sockets of the sender.
pub async fn message_created(chat: &Chat, created: &Message) -> Result<Vec<Fanout>> {
    let sender = created.sender.id;
    let event = EncodedEvent::new("chat:message", &message(chat, created).await?)?;
    Ok(vec![Fanout::to(event, move |it| {
        it.is_in_room || it.user_id == sender
    })])
}

pub fn typing(id: ConversationId, user_id: UserId, typing: bool) -> Result<Vec<Fanout>> {
    let payload = json!({ "userId": UserRef(user_id), "roomId": id, "isTyping": typing });
    volatile_to_room("chat:typing_status", &payload)
}

/// Nothing if only the delivered position has moved.
pub fn receipt_updated(receipt: &Receipt) -> Result<Vec<Fanout>> {
    match &receipt.details {
        Some(moved) if !moved.read.is_empty() => {
            let payload = json!({
                "userId": UserRef(receipt.user_id),
                "roomId": receipt.conversation_id,
                "readAt": iso(moved.at),
            });
            to_room("chat:messages_read", &payload)
        }
        _ => Ok(Vec::new()),
    }
}

pub fn presence_changed(presence: &Presence) -> Result<Vec<Fanout>> {
    let payload = json!({
        "userId": UserRef(presence.user_id),
        "status": presence.status,
        "lastSeen": presence.last_seen_at.map(iso),
    });
    to_all("chat:presence_update", &payload)
}

const ROOM_LIST: &str = "chat:room_list_update";
const PEOPLE_LIST: &str = "chat:people_list_update";
const FAVORITES: &str = "chat:favorites_update";

/// The lists that the event changes for those who receive it, beside `FavoritesChanged`, which has the
/// list. A new message changes none, as clients take the newest message of a room from `chat:message`.
pub fn changed_lists(event: &Event) -> &'static [&'static str] {
    match event {
        Event::ConversationCreated { .. } | Event::ConversationRemoved { .. } => {
            &[ROOM_LIST, PEOPLE_LIST]
        }
        Event::ConversationUpdated { .. } | Event::UnreadChanged { .. } => &[ROOM_LIST],
        Event::MemberAdded { .. } | Event::MemberRemoved { .. } => &[PEOPLE_LIST],
        Event::UserUpdated { .. } => &[ROOM_LIST, PEOPLE_LIST, FAVORITES],
        _ => &[],
    }
}

/// One of the caller's lists, by the name of its event.
pub async fn list(chat: &Chat, caller: &Caller, name: &'static str) -> Result<EncodedEvent> {
    if name == PEOPLE_LIST {
        let people = chat.people(caller).await?;
        let people: Vec<_> = people.iter().map(dto::person).collect();
        return EncodedEvent::new(name, &people);
    }
    if name == FAVORITES {
        let favorites = chat.favorites(caller).await?;
        let favorites: Vec<_> = favorites.iter().map(dto::favorite).collect();
        return EncodedEvent::new(name, &favorites);
    }
    let rooms = chat.conversations_of(caller, &ROOM_KINDS).await?;
    let rooms: Vec<_> = rooms.iter().map(dto::room).collect();
    EncodedEvent::new(name, &rooms)
}

/// `chat:init_data` with the caller's rooms, people and favorites.
pub async fn init_data(chat: &Chat, caller: &Caller) -> Result<EncodedEvent> {
    let rooms = chat.conversations_of(caller, &ROOM_KINDS).await?;
    let people = chat.people(caller).await?;
    let favorites = chat.favorites(caller).await?;
    let data = json!({
        "rooms": rooms.iter().map(dto::room).collect::<Vec<_>>(),
        "people": people.iter().map(dto::person).collect::<Vec<_>>(),
        "favorites": favorites.iter().map(dto::favorite).collect::<Vec<_>>(),
    });
    EncodedEvent::new("chat:init_data", &data)
}

/// The system message that starts a direct room. For a room whose first message is another one, it
/// is made from that message.
pub async fn start(chat: &Chat, caller: &Caller, id: ConversationId) -> Result<EncodedEvent> {
    let anchor = PageAnchor::After(0);
    let limit = Some(1);
    let page = chat
        .messages(
            caller,
            id,
            MessagesRequest {
                anchor,
                limit,
                main_line: false,
            },
        )
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

pub async fn message<'a>(chat: &Chat, message: &'a Message) -> Result<ChatMessage<'a>> {
    let meta = chat.conversation_meta(message.conversation_id).await?;
    let names = names(chat, std::slice::from_ref(message)).await?;
    Ok(ChatMessage::new(message, meta.kind, &names))
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

/// The names of the users who have reacted to the messages.
async fn names(chat: &Chat, messages: &[Message]) -> Result<HashMap<UserId, String>> {
    let reactions = messages.iter().flat_map(|message| &message.reactions);
    let users: HashSet<UserId> = reactions.flat_map(|it| it.user_ids.clone()).collect();
    let cards = chat.user_cards(&Vec::from_iter(users)).await?;
    let cards = cards.into_iter();
    Ok(cards.map(|(id, it)| (id, it.name.clone())).collect())
}
