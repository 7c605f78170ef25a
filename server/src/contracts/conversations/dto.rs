//! The data transfer objects of the contract: documents of a Mongo database, with `_id`, and with the
//! documents in place of references to them.

use crate::{contracts::timestamp::iso, gateway::UserRef};
use chat::{Caller, Chat, Error, ReadMark, Result};
use model::{
    ConversationId, ConversationKind, ConversationSummary, LastMessage, Member, MemberRole,
    Message, MessageKind, Sender, User, UserId,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use time::OffsetDateTime;

/// The furthest that a message has come with any of its receivers.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Sent,
    Delivered,
    Read,
}

impl Status {
    /// Members who joined after the message do not count.
    fn of(sender: UserId, position: i64, sent_at: OffsetDateTime, members: &[Member]) -> Self {
        let others = members
            .iter()
            .filter(|it| it.user.id != sender && it.joined_at <= sent_at);
        let (read, delivered) = others.fold((0, 0), |(read, delivered), it| {
            (
                read.max(it.read_position),
                delivered.max(it.delivered_position),
            )
        });
        if read >= position {
            Self::Read
        } else if delivered >= position {
            Self::Delivered
        } else {
            Self::Sent
        }
    }
}

/// A message with the status `sent`.
pub fn new_message(message: &Message) -> Value {
    document(message, Status::Sent, &[])
}

pub async fn message(chat: &Chat, caller: &Caller, message: &Message) -> Result<Value> {
    let id = message.conversation_id;
    let documents = messages(chat, caller, id, std::slice::from_ref(message)).await?;
    let document = documents.into_iter().next();
    document.ok_or(Error::NotFound("message"))
}

/// Messages of one conversation, each with its status and readers.
pub async fn messages(
    chat: &Chat,
    caller: &Caller,
    id: ConversationId,
    messages: &[Message],
) -> Result<Vec<Value>> {
    let positions = messages.iter().map(|message| message.position);
    let Some((first, last)) = positions.clone().min().zip(positions.max()) else {
        return Ok(Vec::new());
    };
    let marks = chat.read_marks(caller, id, first, last).await?;
    let members = chat
        .members_of_many(&[id])
        .await?
        .remove(&id)
        .unwrap_or_default();
    let documents = messages.iter().map(|message| {
        let sender = message.sender.id;
        let status = Status::of(sender, message.position, message.created_at, &members);
        document(message, status, &readers(message, &marks))
    });
    Ok(documents.collect())
}

/// `{userId, readAt}` of each reader, in order of time. Reading up to a position reads everything
/// before it, so the earliest mark at or after the message counts.
fn readers(message: &Message, marks: &[ReadMark]) -> Vec<Value> {
    let mut readers: HashMap<UserId, OffsetDateTime> = HashMap::new();
    let reached = marks
        .iter()
        .filter(|it| it.position >= message.position && it.user_id != message.sender.id);
    for mark in reached {
        let at = readers.entry(mark.user_id).or_insert(mark.read_at);
        *at = mark.read_at.min(*at);
    }
    let mut readers: Vec<_> = readers.into_iter().collect();
    readers.sort_by_key(|(user_id, at)| (*at, *user_id));
    let reader = |(user_id, at)| json!({ "userId": UserRef(user_id), "readAt": iso(at) });
    readers.into_iter().map(reader).collect()
}

fn document(message: &Message, status: Status, readers: &[Value]) -> Value {
    let attachments: Vec<_> = message.attachments.iter().map(|it| &it.url).collect();
    let changes = [message.edited_at, message.deleted_at];
    let updated_at = changes.into_iter().flatten().max();
    let mut document = json!({
        "_id": message.id,
        "sender": sender(&message.sender),
        "content": message.plain_body(),
        "conversationId": message.conversation_id,
        "type": type_of(message.kind),
        "status": status,
        "attachments": attachments,
        "readBy": readers,
        "isDeleted": message.deleted_at.is_some(),
        "createdAt": iso(message.created_at),
        "updatedAt": iso(updated_at.unwrap_or(message.created_at)),
    });
    if let Some(reply) = &message.reply_to {
        document["replyTo"] = json!(reply.id);
    }
    if let Some(deleted_at) = message.deleted_at {
        document["deletedAt"] = iso(deleted_at).into();
    }
    document
}

fn sender(sender: &Sender) -> Value {
    person(
        sender.id,
        &sender.name,
        &sender.username,
        sender.avatar_url.as_deref(),
    )
}

fn participant(user: &User) -> Value {
    person(
        user.id,
        &user.name,
        &user.username,
        user.avatar_url.as_deref(),
    )
}

fn person(id: UserId, name: &str, username: &str, avatar: Option<&str>) -> Value {
    let mut person = json!({ "_id": UserRef(id), "name": name, "username": username });
    if let Some(avatar) = avatar {
        person["avatar"] = avatar.into();
    }
    person
}

pub async fn conversation(
    chat: &Chat,
    caller: Option<&Caller>,
    head: &ConversationSummary,
) -> Result<Value> {
    let documents = conversations(chat, caller, std::slice::from_ref(head)).await?;
    let document = documents.into_iter().next();
    document.ok_or(Error::NotFound("conversation"))
}

/// Conversations with their members, which are loaded in one query. Of the announcements, to which
/// everybody belongs, the only participant is the caller, where there is one.
pub async fn conversations(
    chat: &Chat,
    caller: Option<&Caller>,
    heads: &[ConversationSummary],
) -> Result<Vec<Value>> {
    let ids: Vec<_> = heads.iter().map(|head| head.conversation.id).collect();
    let mut members_of = chat.members_of_many(&ids).await?;
    let mut unread = chat.unread_of_members(&ids).await?;
    let mut documents = Vec::with_capacity(heads.len());
    for head in heads {
        let id = head.conversation.id;
        let mut members = members_of.remove(&id).unwrap_or_default();
        if id == ConversationId::ANNOUNCEMENTS
            && let Some(caller) = caller
        {
            members.push(own_membership(chat, caller, head).await?);
            unread.insert((id, caller.user_id), head.unread_of_all());
        }
        let creator = chat.conversation_meta(id).await?.created_by;
        documents.push(conversation_document(head, creator, &members, &unread));
    }
    Ok(documents)
}

fn conversation_document(
    head: &ConversationSummary,
    creator: Option<UserId>,
    members: &[Member],
    unread: &HashMap<(ConversationId, UserId), i64>,
) -> Value {
    let conversation = &head.conversation;
    let has_admins = conversation.kind != ConversationKind::Direct;
    let admins: Vec<_> = members
        .iter()
        .filter(|it| has_admins && it.role >= MemberRole::Admin)
        .map(|it| UserRef(it.user.id))
        .collect();
    let participants: Vec<_> = members.iter().map(|it| participant(&it.user)).collect();
    let metadata: Map<_, _> = members
        .iter()
        .map(|it| {
            let unread = unread.get(&(conversation.id, it.user.id));
            (
                UserRef(it.user.id).to_string(),
                json!({ "unreadCount": unread.unwrap_or(&0) }),
            )
        })
        .collect();
    let last = head.last_message.as_ref();
    let last_at = last.map(|it| iso(it.created_at));
    let created_at = iso(conversation.created_at);
    let mut document = json!({
        "_id": conversation.id,
        "type": conversation_type(conversation.kind),
        "participants": participants,
        "createdBy": creator.map(UserRef),
        "participantMetadata": metadata,
        "admins": admins,
        "isArchived": false,
        "updatedAt": last_at.as_ref().unwrap_or(&created_at),
        "createdAt": created_at,
    });
    let optional = [
        ("name", conversation.title.as_deref().map(Value::from)),
        (
            "avatar",
            conversation.picture_url.as_deref().map(Value::from),
        ),
        (
            "description",
            conversation.description.as_deref().map(Value::from),
        ),
        (
            "lastMessage",
            last.map(|it| last_message(it, conversation.id, members)),
        ),
        ("lastMessageAt", last_at.map(Value::from)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            document[name] = value;
        }
    }
    document
}

/// The fields of the newest message that a list of conversations shows.
fn last_message(last: &LastMessage, id: ConversationId, members: &[Member]) -> Value {
    json!({
        "_id": last.id,
        "sender": sender(&last.sender),
        "content": last.body,
        "conversationId": id,
        "type": type_of(last.kind),
        "status": Status::of(last.sender.id, last.position, last.created_at, members),
        "isDeleted": last.deleted_at.is_some(),
        "createdAt": iso(last.created_at),
    })
}

/// The caller as a member of the announcements.
async fn own_membership(
    chat: &Chat,
    caller: &Caller,
    head: &ConversationSummary,
) -> Result<Member> {
    Ok(Member {
        user: chat.user(caller, caller.user_id).await?,
        role: head.role.unwrap_or_default(),
        read_position: head.read_position,
        delivered_position: head.read_position,
        joined_at: head.conversation.created_at,
    })
}

/// The announcements are a channel in this contract.
fn conversation_type(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Direct => "direct",
        ConversationKind::Group => "group",
        ConversationKind::Channel | ConversationKind::Announcements => "channel",
    }
}

fn type_of(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "text",
        MessageKind::Image => "image",
        MessageKind::File => "file",
        MessageKind::Audio => "audio",
        MessageKind::Video => "video",
        MessageKind::System => "system",
    }
}

pub fn message_kind(text: Option<&str>) -> Result<MessageKind> {
    match text {
        None | Some("text") => Ok(MessageKind::Text),
        Some("image") => Ok(MessageKind::Image),
        Some("file") => Ok(MessageKind::File),
        Some("audio") => Ok(MessageKind::Audio),
        Some("video") => Ok(MessageKind::Video),
        Some(_) => Err(Error::invalid(
            "type",
            "must be text, image, file, audio or video",
        )),
    }
}

pub fn conversation_kind(text: &str) -> Result<ConversationKind> {
    match text {
        "direct" => Ok(ConversationKind::Direct),
        "group" => Ok(ConversationKind::Group),
        "channel" => Ok(ConversationKind::Channel),
        _ => Err(Error::invalid("type", "must be direct, group or channel")),
    }
}

/// The contract's name for a field of `model`.
pub fn field(name: &str) -> &str {
    match name {
        "body" => "content",
        "title" => "name",
        "clientId" => "tempId",
        "replyToId" => "replyTo",
        "memberIds" | "userIds" => "participants",
        other => other,
    }
}
