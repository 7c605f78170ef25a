//! Access to groups and their messages, sending and history, by socket or by REST.

use super::dto;
use crate::contracts::input::Input;
use chat::{Caller, Chat, ConversationMeta, Error, Result};
use model::{ConversationId, Message, MessageId, NewMessage, Sent};
use serde_json::{Value, json};
use std::sync::Arc;

const MESSAGES_PER_PAGE: i64 = 50;

/// In characters, as the contract documents it; other contracts allow more.
const MAX_CONTENT: usize = 5000;

/// The error for outsiders.
pub const NOT_A_MEMBER: &str = "You are not a member of this group";

const UNKNOWN: Error = Error::NotFound("group");

/// The detail of that error.
pub const UNKNOWN_GROUP: &str = "There is no such group.";

/// The group with this id, if the caller is a member. An outsider is told that it exists, which
/// the contract does, and nothing else of it.
pub async fn require_group(
    chat: &Chat,
    caller: &Caller,
    id: Result<ConversationId>,
) -> Result<Arc<ConversationMeta>> {
    let id = id.map_err(|error| match error {
        Error::NotFound(_) => UNKNOWN,
        other => other,
    })?;
    let (meta, is_member) = match chat.require_joined(caller, id).await {
        Ok(meta) => (Ok(meta), true),
        Err(Error::NotFound(_)) => (chat.load_conversation_meta(id).await, false),
        Err(error) => return Err(error),
    };
    match meta {
        Ok(meta) if !meta.kind.is_group() => Err(UNKNOWN),
        Ok(meta) if is_member => Ok(meta),
        Ok(_) => Err(Error::Forbidden(NOT_A_MEMBER)),
        Err(Error::NotFound(_)) => Err(UNKNOWN),
        Err(error) => Err(error),
    }
}

/// The message that `messageId` names, if the caller is a member of its group.
pub async fn require_group_message(chat: &Chat, caller: &Caller, input: &Input) -> Result<Message> {
    let id = input.path_id(chat, caller, "messageId").await?;
    let (message, meta) = chat.require_joined_message(caller, id).await?;
    if meta.kind.is_group() {
        Ok(message)
    } else {
        Err(Error::NotFound("message"))
    }
}

/// `{groupId, content, type?, replyToId?, clientId?}`.
pub async fn send(chat: &Chat, caller: &Caller, input: &Input) -> Result<Sent> {
    let id = input.id(chat, caller, "groupId").await;
    let group = require_group(chat, caller, id).await?;
    let new = NewMessage {
        body: content(input)?.to_owned(),
        kind: dto::message_kind(input.optional_text("type")?)?,
        reply_to_id: input.message(chat, caller, "replyToId").await?,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
        ..NewMessage::default()
    };
    chat.send_message(caller, group.id, new).await
}

/// `{groupId, cursor?, limit?}` to `{messages, hasNextPage, nextCursor?}`: the messages before the
/// one that `cursor` names, oldest first.
pub async fn history(
    chat: &Chat,
    caller: &Caller,
    group: &ConversationMeta,
    input: &Input,
) -> Result<Value> {
    let cursor: Option<MessageId> = input.message(chat, caller, "cursor").await?;
    let limit = input.integer("limit")?.unwrap_or(MESSAGES_PER_PAGE);
    let page = chat
        .messages_before(caller, group.id, cursor, limit)
        .await?;
    let mut history = json!({
        "messages": dto::messages(chat, &page.items).await?,
        "hasNextPage": page.has_more,
    });
    if let Some(oldest) = page.items.first().filter(|_| page.has_more) {
        history["nextCursor"] = json!(oldest.id);
    }
    Ok(history)
}

/// The trimmed text of a message.
pub fn content(input: &Input) -> Result<&str> {
    let content = input.optional_text("content")?.unwrap_or_default().trim();
    match content.chars().count() {
        0 => Err(Error::invalid("content", "cannot be empty")),
        1..=MAX_CONTENT => Ok(content),
        _ => Err(Error::invalid(
            "content",
            "must have at most 5000 characters",
        )),
    }
}
