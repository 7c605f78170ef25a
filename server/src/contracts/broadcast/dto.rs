//! The data transfer objects of the contract: ids are strings under `_id`, and people have an email
//! address, which may be null.

use crate::{
    contracts::{direct_pair::DirectPair, timestamp::iso},
    gateway::{Hidden, UserRef, email_ref},
};
use chat::UserCard;
use model::{
    Announcement, ConversationId, ConversationSummary, LastMessage, Message, MessageKind, Sender,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use time::OffsetDateTime;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    #[serde(rename = "_id")]
    id: UserRef,
    name: String,
    email: Option<String>,
    profile_photo: Option<String>,
}

impl From<&UserCard> for Person {
    fn from(card: &UserCard) -> Self {
        Self {
            id: UserRef(card.id),
            name: card.name.clone(),
            email: email_ref(card, Hidden::Null),
            profile_photo: card.avatar_url.clone(),
        }
    }
}

pub type Pair = DirectPair<Person>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageDto<'a> {
    #[serde(rename = "_id")]
    id: String,
    conversation_id: String,
    sender: &'a Person,
    /// Null in an announcement that is shown to everybody, or to its sender.
    receiver: Option<&'a Person>,
    #[serde(rename = "message")]
    text: Cow<'a, str>,
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

impl<'a> MessageDto<'a> {
    pub fn new(message: &'a Message, pair: &'a Pair, read_at: Option<OffsetDateTime>) -> Self {
        let (sender, receiver) = pair.sides(message.sender.id);
        Self::between(message, sender, Some(receiver), read_at)
    }

    /// An announcement as its receiver sees it, or as everybody does.
    pub fn announced(
        message: &'a Message,
        sender: &'a Person,
        receiver: Option<&'a Person>,
        is_read: bool,
        read_at: Option<OffsetDateTime>,
    ) -> Self {
        Self {
            is_read,
            metadata: Metadata {
                is_broadcast: true,
                is_admin_message: false,
            },
            ..Self::between(message, sender, receiver, read_at)
        }
    }

    fn between(
        message: &'a Message,
        sender: &'a Person,
        receiver: Option<&'a Person>,
        read_at: Option<OffsetDateTime>,
    ) -> Self {
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
            text: message.plain_body(),
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

pub fn conversation(head: &ConversationSummary, pair: &Pair) -> Value {
    let creator = pair.meta.created_by.map(|id| pair.sides(id).0);
    listed(head, "private", &[&pair.low, &pair.high], creator)
}

/// The announcements in the list of `caller`. Of the participants, who are everybody, it names the two
/// that a client shows: who announced last, and the caller.
pub fn announcements(head: &ConversationSummary, last_sender: &Person, caller: &Person) -> Value {
    let participants = [last_sender, caller];
    let count = if last_sender.id == caller.id { 1 } else { 2 };
    let participants = &participants[..count];
    listed(head, "admin_broadcast", participants, Some(last_sender))
}

fn listed(
    head: &ConversationSummary,
    kind: &str,
    participants: &[&Person],
    creator: Option<&Person>,
) -> Value {
    let conversation = &head.conversation;
    let last = head.last_message.as_ref();
    json!({
        "_id": conversation.id,
        "participants": participants,
        "conversationType": kind,
        "lastMessage": last.filter(|it| it.deleted_at.is_none()).map(last_message),
        "lastMessageAt": last.map(|it| iso(it.created_at)),
        "isActive": true,
        "createdBy": creator.map(|it| json!({ "_id": it.id, "name": it.name })),
        "createdAt": iso(conversation.created_at),
        "unreadCount": head.unread_of_all(),
    })
}

/// The fields of the newest message that a list of conversations shows.
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
    json!({ "_id": UserRef(sender.id), "name": sender.name })
}

/// Every field is in `data`, where clients of the contract read it, and at the top level too, where
/// one of the contract's guides reads it.
pub fn announcement(announcement: &Announcement) -> Value {
    let data = json!({
        "_id": announcement.id,
        "conversationId": ConversationId::ANNOUNCEMENTS,
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
