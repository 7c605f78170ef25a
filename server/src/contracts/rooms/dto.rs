//! The nouns of the contract. Where the document shows one of them in several shapes, each has the
//! fields of all.

use crate::contracts::{input::Input, iso};
use chat::{Error, Result};
use model::{
    Attachment, ConversationKind, ConversationSummary, Favorite, LastMessage, Member, MemberRole,
    Message, MessageId, MessageKind, NewMessage, Reaction, Reply, Sender, User, UserId,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A message as sockets hear it and REST prints it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage<'a> {
    id: MessageId,
    room_id: model::ConversationId,
    room_type: &'static str,
    content: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    sender: Value,
    reactions: Vec<Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    attachments: &'a [Attachment],
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
            content: &message.body,
            kind: message_type(message.kind),
            timestamp: iso(message.created_at),
            sender: sender(&message.sender),
            reactions: message
                .reactions
                .iter()
                .map(|it| reaction(it, names))
                .collect(),
            attachments: &message.attachments,
            reply_to: message.reply_to.as_ref().map(reply),
            edited_at: message.edited_at.map(iso),
            client_id: message.client_id.as_deref(),
        }
    }
}

fn sender(sender: &Sender) -> Value {
    json!({ "id": sender.id, "name": sender.name, "avatar": sender.avatar_url })
}

fn reply(reply: &Reply) -> Value {
    json!({ "id": reply.id, "content": reply.body, "sender": sender(&reply.sender) })
}

fn reaction(reaction: &Reaction, names: &HashMap<UserId, String>) -> Value {
    let users = reaction.user_ids.iter().filter_map(|id| {
        let name = names.get(id)?;
        Some(json!({ "id": id, "name": name }))
    });
    json!({ "emoji": reaction.emoji, "users": users.collect::<Vec<_>>() })
}

fn room_type(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Direct => "DIRECT",
        ConversationKind::Group | ConversationKind::Channel => "GROUP",
    }
}

/// The contract knows no pictures and no sounds: they are files.
fn message_type(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "TEXT",
        MessageKind::System => "SYSTEM",
        MessageKind::Image | MessageKind::File | MessageKind::Audio | MessageKind::Video => "FILE",
    }
}

pub fn new_message(input: &Input) -> Result<NewMessage> {
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
        reply_to_id: input.optional_id("replyTo")?,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
        ..NewMessage::default()
    })
}

/// A room in somebody's list.
pub fn room(head: &ConversationSummary) -> Value {
    let mut room = json!({
        "id": head.conversation.id,
        "name": name(head),
        "type": room_type(head.conversation.kind),
        "unreadCount": head.unread,
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

/// The same over REST, with who is in it.
pub fn listed_room(head: &ConversationSummary, members: &[Member]) -> Value {
    let mut listed = room(head);
    listed["lastMessage"] = last_message(head).unwrap_or_default();
    let participants = members.iter().map(|it| participant(&it.user));
    listed["participants"] = participants.collect();
    listed
}

/// A new room, with who is in it.
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

/// A direct room goes by the other person.
fn name(head: &ConversationSummary) -> &str {
    let peer = head.peer.as_ref().map(|peer| peer.name.as_str());
    head.conversation
        .title
        .as_deref()
        .or(peer)
        .unwrap_or_default()
}

fn avatar(head: &ConversationSummary) -> Option<&str> {
    head.peer.as_ref()?.avatar_url.as_deref()
}

/// Nothing where it was deleted.
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
    json!({ "id": user.id, "name": user.name, "avatar": user.avatar_url })
}

fn role(role: MemberRole) -> &'static str {
    match role {
        MemberRole::Owner => "OWNER",
        MemberRole::Admin => "ADMIN",
        MemberRole::Member => "MEMBER",
    }
}

pub fn person(user: &User) -> Value {
    let mut person = json!({ "id": user.id, "name": user.name, "status": user.presence });
    if let Some(seen) = user.last_seen_at {
        person["lastSeen"] = iso(seen).into();
    }
    if let Some(avatar) = &user.avatar_url {
        person["avatar"] = avatar.as_str().into();
    }
    person
}

pub fn favorite(favorite: &Favorite) -> Value {
    let (mut printed, avatar, last) = match favorite {
        Favorite::Conversation { conversation: head } => {
            let last = head.last_message.as_ref();
            let last = last.filter(|it| it.deleted_at.is_none());
            let printed = json!({ "id": head.conversation.id, "type": "ROOM", "name": name(head) });
            (printed, avatar(head), last.map(|it| it.body.as_str()))
        }
        Favorite::User {
            user,
            last_message: last,
        } => {
            let printed = json!({ "id": user.id, "type": "USER", "name": user.name });
            (printed, user.avatar_url.as_deref(), last.as_deref())
        }
    };
    if let Some(avatar) = avatar {
        printed["avatar"] = avatar.into();
    }
    if let Some(last) = last {
        printed["lastMessage"] = last.into();
    }
    printed
}

/// A reaction has no number here: its id says whose it is, on what, and which.
pub struct ReactionId {
    pub message_id: MessageId,
    pub user_id: UserId,
    pub emoji: String,
}

impl ReactionId {
    pub fn print(&self) -> String {
        let letters = self.emoji.bytes().map(|byte| format!("{byte:02x}"));
        let emoji: String = letters.collect();
        format!("{}-{}-{emoji}", self.message_id, self.user_id)
    }

    /// Reads what `print` has printed, and nothing else.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let message_id = parts.next()?.parse().ok()?;
        let user_id = parts.next()?.parse().ok()?;
        let letters = parts.next()?.as_bytes();
        let bytes: Option<Vec<u8>> = letters
            .chunks(2)
            .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).ok()?, 16).ok())
            .collect();
        let id = Self {
            message_id,
            user_id,
            emoji: String::from_utf8(bytes?).ok()?,
        };
        (id.print() == text).then_some(id)
    }
}

/// A time as clients of the contract send it back: as it was printed, or in milliseconds.
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
    use super::{ReactionId, time};
    use model::{MessageId, UserId};

    #[test]
    fn the_id_of_a_reaction_can_be_read_again() {
        let id = ReactionId {
            message_id: MessageId(7),
            user_id: UserId(3),
            emoji: "👍".to_owned(),
        };
        assert_eq!(id.print(), "7-3-f09f918d");
        let read = ReactionId::read(&id.print()).unwrap();
        assert_eq!((read.message_id, read.user_id), (MessageId(7), UserId(3)));
        assert_eq!(read.emoji, "👍");
        for bad in [
            "", "7", "7-3", "x-3-f0", "7-3-f", "7-3-zz", "7-3-ff", "7-3-é",
        ] {
            assert!(ReactionId::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn times_are_read_in_both_forms() {
        let printed = time("before", "2026-03-01T12:04:05.678Z").unwrap();
        assert_eq!(time("before", "1772366645678").unwrap(), printed);
        for bad in ["", "yesterday", "99999999999999999999"] {
            assert!(time("before", bad).is_err(), "{bad}");
        }
    }
}
