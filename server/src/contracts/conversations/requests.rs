//! What clients ask for by socket or by REST: access, new conversations, sending, who is online.

use super::dto;
use crate::{contracts::input::Input, gateway::UserRef};
use chat::{Caller, Chat, Error, Result};
use model::{
    ConversationId, ConversationKind, Message, NewAttachment, NewConversation, NewMessage,
    PresenceStatus, Sent, UserId,
};
use serde_json::Value;

/// The users who are online and share a conversation with the caller.
pub async fn online_users(chat: &Chat, caller: &Caller) -> Result<Vec<UserRef>> {
    let users = chat.online_users(caller).await?.into_iter();
    let online = users.filter(|user| user.presence != PresenceStatus::Offline);
    Ok(online.map(|user| UserRef(user.id)).collect())
}

/// `{type, participants, name?, description?, clientId?}` to the document of the conversation. An
/// existing direct conversation, or that of an earlier request with the `clientId`, is returned.
pub async fn create(chat: &Chat, caller: &Caller, input: &Input) -> Result<Value> {
    let kind = dto::conversation_kind(input.text("type")?)?;
    let name = input.optional_text("name")?;
    let description = input.optional_text("description")?;
    let client_id = input.optional_text("clientId")?.map(str::to_owned);
    // The last of all, because it may create users.
    let participants: Vec<UserId> = input.users(chat, caller, "participants").await?;
    let is_direct = kind == ConversationKind::Direct;
    let name = name.filter(|it| !is_direct && !it.trim().is_empty());
    let new = NewConversation {
        kind,
        member_ids: participants,
        title: name.map(str::to_owned),
        description: description.filter(|_| !is_direct).map(str::to_owned),
        private: true,
        client_id,
    };
    // The contract allows a group without a name.
    let created = if is_direct || new.title.is_some() {
        chat.create_conversation(caller, new).await?
    } else {
        chat.create_named_after_members(caller, new).await?
    };
    dto::conversation(chat, Some(caller), &created.summary).await
}

/// The conversation that `conversationId` names, if the caller is a member.
pub async fn require_member(chat: &Chat, caller: &Caller, input: &Input) -> Result<ConversationId> {
    let id = input.id(chat, caller, "conversationId").await?;
    Ok(chat.require_joined(caller, id).await?.id)
}

/// The message that `messageId` names, if it is in the conversation that `conversationId` names.
pub async fn require_message(chat: &Chat, caller: &Caller, input: &Input) -> Result<Message> {
    let id: ConversationId = input.id(chat, caller, "conversationId").await?;
    let (message, _) = chat
        .require_joined_message(caller, input.id(chat, caller, "messageId").await?)
        .await?;
    if message.conversation_id == id {
        Ok(message)
    } else {
        Err(Error::NotFound("message"))
    }
}

/// `{conversationId, content, type?, replyTo?, tempId?, attachments?}`. A retry with the same
/// `tempId` returns the first result.
pub async fn send(chat: &Chat, caller: &Caller, input: &Input) -> Result<Sent> {
    let id = require_member(chat, caller, input).await?;
    let attachments = input.texts("attachments")?.into_iter();
    let new = NewMessage {
        body: input.text("content")?.to_owned(),
        kind: dto::message_kind(input.optional_text("type")?)?,
        reply_to_id: input.message(chat, caller, "replyTo").await?,
        client_id: temp_id(input)?,
        attachments: attachments.map(NewAttachment::at).collect(),
        ..NewMessage::default()
    };
    chat.send_message(caller, id, new).await
}

fn temp_id(input: &Input) -> Result<Option<String>> {
    match input.get("tempId") {
        None => Ok(None),
        Some(Value::String(id)) => Ok(Some(id.clone()).filter(|id| !id.is_empty())),
        Some(Value::Number(id)) => Ok(Some(id.to_string())),
        Some(_) => Err(Error::invalid("tempId", "must be a string")),
    }
}
