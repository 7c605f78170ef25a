//! Sending messages and announcements, by socket or by REST.

use super::dto::Pair;
use crate::{
    contracts::{
        direct_pair::DirectPair,
        input::Input,
        responses::{bad_request, not_found},
    },
    problem::ApiError,
};
use chat::{Caller, Chat, ConversationMeta, Error, Result};
use http::StatusCode;
use model::{Announcement, ErrorCode, MessageKind, NewAnnouncement, NewMessage, Sent, UserId};
use std::sync::Arc;

/// `{receiverId, message, messageType?, replyTo?, clientId?}`.
pub async fn send(chat: &Chat, caller: &Caller, input: &Input) -> Result<(Sent, Pair), ApiError> {
    const REQUIRED: &str = "Receiver ID and message are required";
    let (receiver, new) = new_message(chat, caller, input, "receiverId", REQUIRED).await?;
    let meta = direct_with(chat, caller, receiver).await?;
    let sent = chat.send_message(caller, meta.id, new).await?;
    Ok((sent, DirectPair::load(chat, &meta).await?))
}

/// `{userId, message, messageType?, replyTo?, clientId?}`, by an administrator to any user.
pub async fn send_official(
    chat: &Chat,
    caller: &Caller,
    input: &Input,
) -> Result<(Sent, Pair), ApiError> {
    const REQUIRED: &str = "User ID and message are required";
    let (receiver, new) = new_message(chat, caller, input, "userId", REQUIRED).await?;
    let sent = chat.send_official(caller, receiver, new).await;
    let sent = sent.map_err(|error| match error {
        Error::NotFound(_) => not_found("User not found"),
        other => admin_error(other),
    })?;
    let meta = chat.conversation_meta(sent.message.conversation_id).await?;
    Ok((sent, DirectPair::load(chat, &meta).await?))
}

/// `{message, messageType?, clientId?}`, by an administrator to all users. The result's `reach` is
/// the number of users.
pub async fn announce(
    chat: &Chat,
    caller: &Caller,
    input: &Input,
) -> Result<Announcement, ApiError> {
    let new = NewAnnouncement {
        body: text(input, "Message is required")?,
        kind: kind(input)?,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
        attachment_ids: model::NoFiles,
        poll: model::NoPoll,
    };
    chat.announce(caller, new).await.map_err(admin_error)
}

/// The conversation with a user, which is created if there is none.
pub async fn direct_with(
    chat: &Chat,
    caller: &Caller,
    id: UserId,
) -> Result<Arc<ConversationMeta>, ApiError> {
    if id == caller.user_id {
        return Err(bad_request("Cannot start a conversation with yourself"));
    }
    let head = chat.direct(caller, id).await.map_err(|error| match error {
        Error::NotFound(_) => not_found("Receiver not found"),
        other => other.into(),
    })?;
    Ok(chat.conversation_meta(head.conversation.id).await?)
}

/// A message, and its receiver by the field that the contract has for it. `required` is the error if
/// one of the two is missing.
async fn new_message(
    chat: &Chat,
    caller: &Caller,
    input: &Input,
    receiver: &str,
    required: &'static str,
) -> Result<(UserId, NewMessage), ApiError> {
    if !input.has(receiver) {
        return Err(bad_request(required));
    }
    let new = NewMessage {
        body: text(input, required)?,
        kind: kind(input)?,
        reply_to_id: input.message(chat, caller, "replyTo").await?,
        client_id: input.optional_text("clientId")?.map(str::to_owned),
        ..NewMessage::default()
    };
    // The last of all checks, because it may create a user.
    let receiver = input.id(chat, caller, receiver).await?;
    Ok((receiver, new))
}

fn text(input: &Input, required: &'static str) -> Result<String, ApiError> {
    let text = input.optional_text("message")?.unwrap_or_default();
    if text.trim().is_empty() {
        return Err(bad_request(required));
    }
    Ok(text.to_owned())
}

fn kind(input: &Input) -> Result<MessageKind> {
    match input.optional_text("messageType")? {
        None | Some("text") => Ok(MessageKind::Text),
        Some("image") => Ok(MessageKind::Image),
        Some("file") => Ok(MessageKind::File),
        Some(_) => Err(Error::invalid("messageType", "must be text, image or file")),
    }
}

fn admin_error(error: Error) -> ApiError {
    match error {
        Error::Forbidden(_) => {
            let detail = "Admin access required";
            ApiError::http(StatusCode::FORBIDDEN, ErrorCode::Forbidden, detail)
        }
        other => other.into(),
    }
}
