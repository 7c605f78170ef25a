//! The data transfer objects of the contract.

use crate::{
    contracts::timestamp::iso,
    gateway::{Hidden, UserRef, email_ref},
};
use chat::{Chat, Error, Result, UserCard};
use model::{
    ConversationId, ConversationSummary, Member, MemberRole, Message, MessageKind, Reply, UserId,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The user in a message or a member.
#[derive(Serialize)]
struct Person<'a> {
    id: UserRef,
    name: &'a str,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
}

impl<'a> From<&'a UserCard> for Person<'a> {
    fn from(card: &'a UserCard) -> Self {
        Self {
            id: UserRef(card.id),
            name: &card.name,
            // Required by the contract, optional here.
            email: email_ref(card, Hidden::Empty).unwrap_or_default(),
            image: card.avatar_url.as_deref(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageData<'a> {
    id: String,
    content: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    sender_id: UserRef,
    group_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to_id: Option<String>,
    created_at: String,
    user: Person<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Value>,
    attachments: Vec<Value>,
    /// This field and the next are additions to the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

impl<'a> MessageData<'a> {
    pub fn new(message: &'a Message, sender: &'a UserCard) -> Self {
        let reply = message.reply_to.as_ref();
        let attachments = message.attachments.iter();
        Self {
            id: message.id.to_string(),
            content: message.plain_body(),
            kind: type_of(message.kind),
            sender_id: UserRef(message.sender.id),
            group_id: message.conversation_id.to_string(),
            reply_to_id: reply.map(|reply| reply.id.to_string()),
            created_at: iso(message.created_at),
            user: sender.into(),
            reply_to: reply.map(replied),
            attachments: attachments
                .map(|it| json!({ "id": it.id, "url": it.url, "filename": it.name }))
                .collect(),
            edited_at: message.edited_at.map(iso),
            client_id: message.client_id.as_deref(),
        }
    }
}

fn replied(reply: &Reply) -> Value {
    json!({
        "id": reply.id,
        "content": reply.body,
        "user": { "id": UserRef(reply.sender.id), "name": reply.sender.name },
    })
}

/// The contract has no type for audio and video.
fn type_of(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "TEXT",
        MessageKind::Image => "IMAGE",
        MessageKind::File | MessageKind::Audio | MessageKind::Video => "FILE",
        MessageKind::System => "SYSTEM",
    }
}

pub fn message_kind(text: Option<&str>) -> Result<MessageKind> {
    match text {
        None | Some("TEXT") => Ok(MessageKind::Text),
        Some("IMAGE") => Ok(MessageKind::Image),
        Some("FILE") => Ok(MessageKind::File),
        Some(_) => Err(Error::invalid("type", "must be TEXT, IMAGE or FILE")),
    }
}

/// A message with its sender.
pub async fn message(chat: &Chat, message: &Message) -> Result<Value> {
    let sender = chat.user_card(message.sender.id).await?;
    Ok(json!(MessageData::new(message, &sender)))
}

/// Messages with their senders, which are loaded in one query.
pub async fn messages(chat: &Chat, messages: &[Message]) -> Result<Vec<Value>> {
    let people = people(chat, messages.iter().map(|it| it.sender.id)).await?;
    let data = messages.iter().filter_map(|message| {
        let sender = people.get(&message.sender.id)?;
        Some(json!(MessageData::new(message, sender)))
    });
    Ok(data.collect())
}

pub async fn members(
    chat: &Chat,
    group_id: ConversationId,
    members: &[Member],
) -> Result<Vec<Value>> {
    let people = people(chat, members.iter().map(|it| it.user.id)).await?;
    Ok(member_list(group_id, members, &people))
}

fn member_list(
    group_id: ConversationId,
    members: &[Member],
    people: &HashMap<UserId, Arc<UserCard>>,
) -> Vec<Value> {
    let data = members.iter().filter_map(|member| {
        let user_id = member.user.id;
        Some(json!({
            "id": format!("{group_id}:{}", UserRef(user_id)),
            "role": role_text(member.role),
            "userId": UserRef(user_id),
            "groupId": group_id,
            "joinedAt": iso(member.joined_at),
            "user": Person::from(&**people.get(&user_id)?),
        }))
    });
    data.collect()
}

async fn people(
    chat: &Chat,
    ids: impl Iterator<Item = UserId>,
) -> Result<HashMap<UserId, Arc<UserCard>>> {
    let ids: HashSet<_> = ids.collect();
    chat.user_cards(&Vec::from_iter(ids)).await
}

pub fn role_text(role: MemberRole) -> &'static str {
    match role {
        MemberRole::Owner => "OWNER",
        MemberRole::Admin => "ADMIN",
        MemberRole::Member => "MEMBER",
    }
}

/// `OWNER` is refused: only the creator of a group is its owner.
pub fn role(text: Option<&str>) -> Result<MemberRole> {
    match text {
        None | Some("MEMBER") => Ok(MemberRole::Member),
        Some("ADMIN") => Ok(MemberRole::Admin),
        Some(_) => Err(Error::invalid("role", "must be MEMBER or ADMIN")),
    }
}

/// A role that an owner may give: `OWNER` is given up by it.
pub fn any_role(text: &str) -> Result<MemberRole> {
    match text {
        "OWNER" => Ok(MemberRole::Owner),
        "ADMIN" => Ok(MemberRole::Admin),
        "MEMBER" => Ok(MemberRole::Member),
        _ => Err(Error::invalid("role", "must be OWNER, ADMIN or MEMBER")),
    }
}

pub async fn group(chat: &Chat, head: &ConversationSummary) -> Result<Value> {
    let groups = groups(chat, std::slice::from_ref(head)).await?;
    let group = groups.into_iter().next();
    group.ok_or(Error::NotFound("group"))
}

/// Groups with their members, which are loaded in one query, and so are their user cards.
pub async fn groups(chat: &Chat, heads: &[ConversationSummary]) -> Result<Vec<Value>> {
    let ids: Vec<_> = heads.iter().map(|head| head.conversation.id).collect();
    let members_of = chat.members_of_many(&ids).await?;
    let everybody = members_of.values().flatten().map(|it| it.user.id);
    let cards = people(chat, everybody).await?;
    let mut groups = Vec::with_capacity(heads.len());
    for head in heads {
        let id = head.conversation.id;
        let creator = chat.conversation_meta(id).await?.created_by;
        let members = members_of.get(&id).map_or(&[][..], Vec::as_slice);
        groups.push(group_document(
            head,
            creator,
            &member_list(id, members, &cards),
        ));
    }
    Ok(groups)
}

fn group_document(head: &ConversationSummary, creator: Option<UserId>, members: &[Value]) -> Value {
    let conversation = &head.conversation;
    json!({
        "id": conversation.id,
        "name": conversation.title,
        "description": conversation.description,
        "isPrivate": conversation.private,
        "createdBy": creator.map(UserRef),
        "createdAt": iso(conversation.created_at),
        "memberCount": conversation.member_count,
        "role": head.role.map(role_text),
        "unreadCount": head.unread_of_all(),
        "members": members,
    })
}

/// The contract's name for a field of `model`.
pub fn field(name: &str) -> &str {
    match name {
        "body" => "content",
        "title" => "name",
        "private" => "isPrivate",
        "userIds" => "userId",
        other => other,
    }
}
