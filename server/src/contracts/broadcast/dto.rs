//! The nouns of the contract: ids are strings under `_id`, and everybody comes with an address.

use crate::contracts::iso;
use chat::UserCard;
use model::{
    Announcement, ConversationSummary, LastMessage, Message as Noun, MessageKind, Sender, UserId,
};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    #[serde(rename = "_id")]
    id: String,
    name: String,
    email: Option<String>,
    profile_photo: Option<String>,
}

impl From<&UserCard> for Person {
    fn from(contact: &UserCard) -> Self {
        Self {
            id: contact.id.to_string(),
            name: contact.name.clone(),
            email: contact.email.clone(),
            profile_photo: contact.avatar_url.clone(),
        }
    }
}

/// The two people of a conversation.
pub struct Pair {
    pub low: Person,
    pub high: Person,
}

impl Pair {
    /// Whoever has this id, and the other one.
    pub fn sides(&self, id: UserId) -> (&Person, &Person) {
        if self.low.id == id.to_string() {
            (&self.low, &self.high)
        } else {
            (&self.high, &self.low)
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message<'a> {
    #[serde(rename = "_id")]
    id: String,
    conversation_id: String,
    sender: &'a Person,
    receiver: &'a Person,
    #[serde(rename = "message")]
    text: &'a str,
    #[serde(rename = "messageType")]
    kind: &'static str,
    is_read: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<String>,
    is_deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Value>,
    metadata: Metadata,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    is_broadcast: bool,
    is_admin_message: bool,
}

impl<'a> Message<'a> {
    pub fn new(message: &'a Noun, pair: &'a Pair, read_at: Option<OffsetDateTime>) -> Self {
        let (sender, receiver) = pair.sides(message.sender.id);
        let changes = [message.edited_at, read_at, message.deleted_at];
        let updated_at = changes.into_iter().flatten().max();
        let reply_to = message
            .reply_to
            .as_ref()
            .map(|it| json!({ "_id": it.id, "message": it.body, "sender": author(&it.sender) }));
        Self {
            id: message.id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            sender,
            receiver,
            text: &message.body,
            kind: message_type(message.kind),
            is_read: read_at.is_some(),
            read_at: read_at.map(iso),
            is_deleted: message.deleted_at.is_some(),
            reply_to,
            metadata: Metadata {
                is_broadcast: false,
                is_admin_message: message.official,
            },
            created_at: iso(message.created_at),
            updated_at: iso(updated_at.unwrap_or(message.created_at)),
            client_id: message.client_id.as_deref(),
        }
    }
}

pub fn conversation(head: &ConversationSummary, pair: &Pair, creator: &Person) -> Value {
    let conversation = &head.conversation;
    let last = head.last_message.as_ref();
    json!({
        "_id": conversation.id,
        "participants": [pair.low, pair.high],
        "conversationType": "private",
        "lastMessage": last.filter(|it| it.deleted_at.is_none()).map(last_message),
        "lastMessageAt": last.map(|it| iso(it.created_at)),
        "isActive": true,
        "createdBy": { "_id": creator.id, "name": creator.name },
        "createdAt": iso(conversation.created_at),
        "unreadCount": head.unread,
    })
}

/// As much of it as a list shows.
fn last_message(last: &LastMessage) -> Value {
    json!({
        "_id": last.id,
        "sender": author(&last.sender),
        "message": last.body,
        "messageType": message_type(last.kind),
        "createdAt": iso(last.created_at),
    })
}

fn author(sender: &Sender) -> Value {
    json!({ "_id": sender.id, "name": sender.name })
}

/// In `data`, where the contract's clients look, and beside it, where one of its guides does.
pub fn announcement(announcement: &Announcement) -> Value {
    let data = json!({
        "_id": announcement.id,
        "message": announcement.body,
        "messageType": message_type(announcement.kind),
        "sentBy": announcement.sender_name,
        "sentAt": iso(announcement.sent_at),
        "messageCount": announcement.reach,
    });
    let mut envelope = data.clone();
    envelope["success"] = true.into();
    envelope["data"] = data;
    envelope
}

fn message_type(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "text",
        MessageKind::Image => "image",
        MessageKind::File | MessageKind::Audio | MessageKind::Video => "file",
        MessageKind::System => "system",
    }
}
