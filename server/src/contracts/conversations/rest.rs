//! The routes of the contract, below `/chats`. Responses are documents without an envelope.

use super::{
    dto,
    requests::{create, require_member},
};
use crate::{
    State,
    contracts::{
        auth::TokenAuth,
        input::Input,
        responses::{JsonResult, StatusResult},
    },
};
use axum::{
    Json, Router,
    routing::{delete, get, post},
};
use chat::{Caller, Chat, Error, Result};
use http::StatusCode;
use model::{ConversationId, ConversationKind, MemberRole, MessageId, NewMembers};
use serde_json::{Value, json};

const MESSAGES_PER_PAGE: i64 = 50;

pub fn routes() -> Router<State> {
    let one = Router::new()
        .route("/", get(conversation))
        .route("/messages", get(messages))
        .route("/read", post(mark_read))
        .route("/participants", post(add_participants))
        .route("/participants/{userId}", delete(remove_participant))
        .route("/leave", post(leave));
    let chats = Router::new()
        .route(
            "/conversations",
            get(conversations).post(create_conversation),
        )
        .nest("/conversations/{conversationId}", one)
        .route("/messages/{messageId}", delete(delete_message));
    Router::new().nest("/chats", chats)
}

async fn create_conversation(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    Ok(created(create(&chat, &caller, &input).await?))
}

async fn conversations(TokenAuth { chat, caller }: TokenAuth) -> JsonResult {
    let kinds = [
        ConversationKind::Direct,
        ConversationKind::Group,
        ConversationKind::Channel,
        ConversationKind::Announcements,
    ];
    let heads = chat.conversations_of(&caller, &kinds).await?;
    Ok(Json(
        dto::conversations(&chat, Some(&caller), &heads)
            .await?
            .into(),
    ))
}

async fn conversation(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let id = require_member(&chat, &caller, &input).await?;
    Ok(Json(document(&chat, &caller, id).await?))
}

/// `?before=<message id>&limit=`, newest first. Loading the newest page marks it as delivered.
async fn messages(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let id = require_member(&chat, &caller, &input).await;
    let id = id.map_err(outsider_error)?;
    let before: Option<MessageId> = input.message(&chat, &caller, "before").await?;
    let limit = input.integer("limit")?.unwrap_or(MESSAGES_PER_PAGE);
    let page = chat.messages_before(&caller, id, before, limit).await?;
    if let (None, Some(newest)) = (before, page.items.last()) {
        chat.mark_delivered(&caller, id, newest.position).await?;
    }
    let mut documents = dto::messages(&chat, &caller, id, &page.items).await?;
    documents.reverse();
    Ok(Json(documents.into()))
}

async fn mark_read(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let id = input.id(&chat, &caller, "conversationId").await?;
    chat.mark_read(&caller, id, i64::MAX).await?;
    Ok(created(json!({ "success": true })))
}

/// Only for the message's sender, even where other contracts allow it to admins.
async fn delete_message(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let id = input.id(&chat, &caller, "messageId").await?;
    let (message, _) = chat.require_joined_message(&caller, id).await?;
    if message.sender.id != caller.user_id {
        return Err(Error::Forbidden("You can only delete your own messages").into());
    }
    let deleted = chat.delete_message(&caller, message.id).await?;
    Ok(Json(dto::message(&chat, &caller, &deleted).await?))
}

async fn add_participants(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let id = require_member(&chat, &caller, &input).await?;
    let new = NewMembers {
        user_ids: input.users(&chat, &caller, "participants").await?,
        role: MemberRole::Member,
    };
    let added = chat.add_members(&caller, id, new).await;
    added.map_err(|error| forbidden_as(error, "Only admins can add participants"))?;
    Ok(created(document(&chat, &caller, id).await?))
}

async fn remove_participant(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let id = require_member(&chat, &caller, &input).await?;
    let user_id = input.known_user(&chat, &caller, "userId").await?;
    let user_id = user_id.ok_or(Error::NotFound("member"))?;
    if user_id == caller.user_id {
        let text = "Leave the conversation instead of removing yourself";
        return Err(Error::Forbidden(text).into());
    }
    let removed = chat.remove_member(&caller, id, user_id).await;
    removed.map_err(|error| forbidden_as(error, "Only admins can remove participants"))?;
    Ok(Json(document(&chat, &caller, id).await?))
}

async fn leave(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let id = input.id(&chat, &caller, "conversationId").await?;
    chat.leave_conversation(&caller, id).await?;
    Ok(created(json!({ "success": true })))
}

/// 201, which is what `NestJS` answers to every POST that succeeds.
fn created(body: Value) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(body))
}

async fn document(chat: &Chat, caller: &Caller, id: ConversationId) -> Result<Value> {
    let head = chat.conversation(caller, id).await?;
    dto::conversation(chat, Some(caller), &head).await
}

/// The history of a conversation is forbidden to outsiders, whether the conversation exists or not.
fn outsider_error(error: Error) -> Error {
    match error {
        Error::NotFound("conversation") => {
            Error::Forbidden("You are not a participant of this conversation")
        }
        other => other,
    }
}

fn forbidden_as(error: Error, text: &'static str) -> Error {
    match error {
        Error::Forbidden(_) => Error::Forbidden(text),
        other => other,
    }
}
