//! The data transfer objects of the contract: camelCase on sockets, columns of its tables over REST,
//! ids as numbers on both.

use crate::{
    contracts::{direct_pair::DirectPair, timestamp::iso},
    gateway::UserRef,
};
use chat::UserCard;
use model::{ConversationSummary, Message, User};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use time::OffsetDateTime;

/// The columns of a user that the contract shows.
#[derive(Serialize)]
pub struct Person {
    id: UserRef,
    name: String,
    profile_photo: Option<String>,
    username: String,
    profile_name: String,
}

impl From<&UserCard> for Person {
    fn from(card: &UserCard) -> Self {
        Self {
            id: UserRef(card.id),
            name: card.name.clone(),
            profile_photo: card.avatar_url.clone(),
            username: card.username.clone(),
            profile_name: card.name.clone(),
        }
    }
}

impl From<&User> for Person {
    fn from(user: &User) -> Self {
        Self {
            id: UserRef(user.id),
            name: user.name.clone(),
            profile_photo: user.avatar_url.clone(),
            username: user.username.clone(),
            profile_name: user.name.clone(),
        }
    }
}

pub type Pair = DirectPair<Person>;

/// A message in events and acknowledgements.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketMessage<'a> {
    id: i64,
    sender_id: UserRef,
    receiver_id: UserRef,
    conversation_id: i64,
    content: Cow<'a, str>,
    attachment_url: Option<&'a str>,
    is_read: bool,
    created_at: String,
    sender: &'a Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

impl<'a> SocketMessage<'a> {
    pub fn new(message: &'a Message, pair: &'a Pair, is_read: bool) -> Self {
        let (sender, receiver) = pair.sides(message.sender.id);
        Self {
            id: message.id.0,
            sender_id: sender.id,
            receiver_id: receiver.id,
            conversation_id: message.conversation_id.0,
            content: message.plain_body(),
            attachment_url: attachment_url(message),
            is_read,
            created_at: iso(message.created_at),
            sender,
            client_id: message.client_id.as_deref(),
        }
    }
}

/// A row of the contract's table of messages, joined with its two users.
#[derive(Serialize)]
pub struct MessageRow<'a> {
    id: i64,
    sender_id: UserRef,
    receiver_id: UserRef,
    conversation_id: i64,
    content: Cow<'a, str>,
    attachment_url: Option<&'a str>,
    is_read: bool,
    read_at: Option<String>,
    #[serde(rename = "deletedAt")]
    deleted_at: Option<String>,
    #[serde(rename = "createdAt")]
    created_at: String,
    #[serde(rename = "updatedAt")]
    updated_at: String,
    sender: &'a Person,
    receiver: &'a Person,
}

impl<'a> MessageRow<'a> {
    pub fn new(message: &'a Message, pair: &'a Pair, read_at: Option<OffsetDateTime>) -> Self {
        let (sender, receiver) = pair.sides(message.sender.id);
        let changes = [message.edited_at, read_at, message.deleted_at];
        let updated_at = changes.into_iter().flatten().max();
        Self {
            id: message.id.0,
            sender_id: sender.id,
            receiver_id: receiver.id,
            conversation_id: message.conversation_id.0,
            content: message.plain_body(),
            attachment_url: attachment_url(message),
            is_read: read_at.is_some(),
            read_at: read_at.map(iso),
            deleted_at: message.deleted_at.map(iso),
            created_at: iso(message.created_at),
            updated_at: iso(updated_at.unwrap_or(message.created_at)),
            sender,
            receiver,
        }
    }
}

fn attachment_url(message: &Message) -> Option<&str> {
    message.attachments.first().map(|it| it.url.as_str())
}

/// A row of the contract's table of conversations, joined with its two users.
pub fn conversation_row(head: &ConversationSummary, pair: &Pair) -> Value {
    let conversation = &head.conversation;
    let last = head.last_message.as_ref();
    let last_at = last.map(|it| iso(it.created_at));
    let created_at = iso(conversation.created_at);
    json!({
        "id": conversation.id.0,
        "participant_1_id": pair.low.id,
        "participant_2_id": pair.high.id,
        "last_message": last.filter(|it| it.deleted_at.is_none()).map(|it| &it.body),
        "last_message_at": last_at,
        "createdAt": created_at,
        "updatedAt": last_at.as_ref().unwrap_or(&created_at),
        "participant1": pair.low,
        "participant2": pair.high,
    })
}
