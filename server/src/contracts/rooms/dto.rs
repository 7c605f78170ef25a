//! The data transfer objects of the contract. Where its document shows several shapes of one object,
//! the object has the fields of all of them.

use crate::{
    contracts::{input::Input, timestamp::iso},
    gateway::UserRef,
};
use chat::{Caller, Chat, Error, Result};
use model::{
    Attachment, ConversationKind, ConversationSummary, Favorite, LastMessage, Member, MemberRole,
    Message, MessageId, MessageKind, NewMessage, Reaction, Reply, Sender, User, UserId,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{borrow::Cow, collections::HashMap};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A message, in events and over REST.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage<'a> {
    id: MessageId,
    room_id: model::ConversationId,
    room_type: &'static str,
    content: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    sender: Value,
    reactions: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

impl<'a> ChatMessage<'a> {
    pub fn new(
        message: &'a Message,
        room: ConversationKind,
        names: &HashMap<UserId, String>,
    ) -> Self {
        Self {
            id: message.id,
            room_id: message.conversation_id,
            room_type: room_type(room),
            content: message.plain_body(),
            kind: message_type(message.kind),
            timestamp: iso(message.created_at),
            sender: sender(&message.sender),
            reactions: message
                .reactions
                .iter()
                .map(|it| reaction(it, names))
                .collect(),
            attachments: message.attachments.iter().map(attachment).collect(),
            reply_to: message.reply_to.as_ref().map(reply),
            edited_at: message.edited_at.map(iso),
            client_id: message.client_id.as_deref(),
        }
    }
}

fn attachment(attachment: &Attachment) -> Value {
    json!({ "id": attachment.id, "name": attachment.name, "url": attachment.url })
}

fn sender(sender: &Sender) -> Value {
    json!({ "id": UserRef(sender.id), "name": sender.name, "avatar": sender.avatar_url })
}

fn reply(reply: &Reply) -> Value {
    json!({ "id": reply.id, "content": reply.body, "sender": sender(&reply.sender) })
}

fn reaction(reaction: &Reaction, names: &HashMap<UserId, String>) -> Value {
    let users = reaction.user_ids.iter().filter_map(|id| {
        let name = names.get(id)?;
        Some(json!({ "id": UserRef(*id), "name": name }))
    });
    json!({ "emoji": reaction.emoji, "users": users.collect::<Vec<_>>() })
}

fn room_type(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Direct => "DIRECT",
        ConversationKind::Group | ConversationKind::Channel | ConversationKind::Announcements => {
            "GROUP"
        }
    }
}

/// The contract returns images, audio and video as files.
fn message_type(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "TEXT",
        MessageKind::System => "SYSTEM",
        MessageKind::Image | MessageKind::File | MessageKind::Audio | MessageKind::Video => "FILE",
    }
}

pub async fn new_message(chat: &Chat, caller: &Caller, input: &Input) -> Result<NewMessage> {
    let kind = match input.optional_text("type")? {
        None | Some("TEXT") => MessageKind::Text,
        Some("FILE") => MessageKind::File,
        Some("IMAGE") => MessageKind::Image,
        Some("SYSTEM") => MessageKind::System,
        Some(_) => return Err(Error::invalid("type", "must be TEXT, IMAGE or FILE")),
    };
    Ok(NewMessage {
        body: input.text("content")?.to_owned(),
        kind,
        reply_to_id: input.message(chat, caller, "replyTo").await?,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
        ..NewMessage::default()
    })
}

/// A room in the list of rooms of one user.
pub fn room(head: &ConversationSummary) -> Value {
    let mut room = json!({
        "id": head.conversation.id,
        "name": name(head),
        "type": room_type(head.conversation.kind),
        "unreadCount": head.unread_of_all(),
        "isEncrypted": false,
    });
    if let Some(last) = last_message(head) {
        room["lastMessage"] = last;
    }
    if let Some(avatar) = avatar(head) {
        room["avatar"] = avatar.into();
    }
    room
}

/// A room in the list over REST, with its participants.
pub fn listed_room(head: &ConversationSummary, members: &[Member]) -> Value {
    let mut listed = room(head);
    listed["lastMessage"] = last_message(head).unwrap_or_default();
    let participants = members.iter().map(|it| participant(&it.user));
    listed["participants"] = participants.collect();
    listed
}

/// A new room, with its participants and their roles.
pub fn new_room(head: &ConversationSummary, members: &[Member]) -> Value {
    let participants = members.iter().map(|member| {
        json!({
            "user": participant(&member.user),
            "role": role(member.role),
            "joinedAt": iso(member.joined_at),
        })
    });
    json!({
        "id": head.conversation.id,
        "name": name(head),
        "type": room_type(head.conversation.kind),
        "participants": participants.collect::<Vec<_>>(),
    })
}

/// A direct room has the name of the other person.
fn name(head: &ConversationSummary) -> &str {
    let peer = head.peer.as_ref().map(|peer| peer.name.as_str());
    head.conversation
        .title
        .as_deref()
        .or(peer)
        .unwrap_or_default()
}

/// The picture of the other person, or that of the room itself.
fn avatar(head: &ConversationSummary) -> Option<&str> {
    match &head.peer {
        Some(peer) => peer.avatar_url.as_deref(),
        None => head.conversation.picture_url.as_deref(),
    }
}

/// None if the newest message is deleted.
fn last_message(head: &ConversationSummary) -> Option<Value> {
    let last: &LastMessage = head.last_message.as_ref()?;
    last.deleted_at.is_none().then(|| {
        json!({
            "content": last.body,
            "timestamp": iso(last.created_at),
            "type": message_type(last.kind),
            "sender": sender(&last.sender),
        })
    })
}

fn participant(user: &User) -> Value {
    json!({ "id": UserRef(user.id), "name": user.name, "avatar": user.avatar_url })
}

fn role(role: MemberRole) -> &'static str {
    match role {
        MemberRole::Owner => "OWNER",
        MemberRole::Admin => "ADMIN",
        MemberRole::Member => "MEMBER",
    }
}

pub fn person(user: &User) -> Value {
    let mut person = json!({ "id": UserRef(user.id), "name": user.name, "status": user.presence });
    if let Some(seen) = user.last_seen_at {
        person["lastSeen"] = iso(seen).into();
    }
    if let Some(avatar) = &user.avatar_url {
        person["avatar"] = avatar.as_str().into();
    }
    person
}

pub fn favorite(favorite: &Favorite) -> Value {
    let (mut listed, avatar, last) = match favorite {
        Favorite::Conversation { conversation: head } => {
            let last = head.last_message.as_ref();
            let last = last.filter(|it| it.deleted_at.is_none());
            let listed = json!({ "id": head.conversation.id, "type": "ROOM", "name": name(head) });
            (listed, avatar(head), last.map(|it| it.body.as_str()))
        }
        Favorite::User {
            user,
            last_message: last,
        } => {
            let listed = json!({ "id": UserRef(user.id), "type": "USER", "name": user.name });
            (listed, user.avatar_url.as_deref(), last.as_deref())
        }
    };
    if let Some(avatar) = avatar {
        listed["avatar"] = avatar.into();
    }
    if let Some(last) = last {
        listed["lastMessage"] = last.into();
    }
    listed
}

/// A time as clients send it: in RFC 3339, as timestamps are rendered, or as milliseconds since 1970.
pub fn time(name: &str, text: &str) -> Result<OffsetDateTime> {
    let milliseconds = text.parse::<i64>().ok().and_then(|count| {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(count) * 1_000_000).ok()
    });
    milliseconds
        .or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok())
        .ok_or_else(|| Error::invalid(name, "must be a time"))
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_read_in_both_forms() {
        let parsed = time("before", "2026-03-01T12:04:05.678Z").unwrap();
        assert_eq!(time("before", "1772366645678").unwrap(), parsed);
        for bad in [
            "",
            "yesterday",
            "99999999999999999999",
            "9223372036854775807",
            "-9223372036854775808",
        ] {
            assert!(time("before", bad).is_err(), "{bad}");
        }
    }
}
