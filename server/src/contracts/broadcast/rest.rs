//! The routes of the contract, below `/api/v0`.

use super::{
    conversations::{list_conversations, list_messages, require_shown, require_shown_message},
    dto::{self, MessageDto, Pair, Person},
    send::{announce, direct_with, send, send_official},
};
use crate::{
    State,
    contracts::{
        auth::TokenAuth,
        direct_pair::unread_total,
        input::Input,
        responses::{JsonResult, done, not_found, page_request},
        timestamp::iso,
    },
    metered_body::MAX_STRANGER_BODY,
    problem::ApiError,
};
use axum::{
    Json, Router,
    extract::{self, DefaultBodyLimit},
    routing::{delete, get, post, put},
};
use chat::{Chat, Client, Error, OffsetPageRequest, Result};
use model::{Login, PresenceStatus, User};
use serde_json::{Value, json};

/// The contract, as the audit log names it.
const DOOR: &str = "broadcast";

const CONVERSATIONS_PER_PAGE: i64 = 20;
const MESSAGES_PER_PAGE: i64 = 50;

pub fn routes() -> Router<State> {
    let chat = Router::new()
        .route("/conversations", get(conversations))
        .route("/unread-count", get(unread_count))
        .route("/online-users", get(online_users))
        .route("/user-status/{userId}", get(user_status))
        .route("/conversation/{id}", get(conversation))
        .route("/conversation/{id}/messages", get(messages))
        .route("/conversation/{id}/read", put(mark_conversation_read))
        .route("/send", post(send_message))
        .route("/message/{messageId}/read", put(mark_message_read))
        .route("/message/{messageId}", delete(delete_message))
        .route("/admin/broadcast", post(admin_broadcast))
        .route("/admin/send-to-user", post(admin_send_to_user));
    Router::new()
        .route(
            "/api/v0/auth/login",
            post(login).layer(DefaultBodyLimit::max(MAX_STRANGER_BODY)),
        )
        .nest("/api/v0/chat", chat)
}

/// `{email, password}`. `email` may hold a username too, as an email address is optional here.
async fn login(
    extract::State(chat): extract::State<Chat>,
    client: Client,
    input: Input,
) -> JsonResult {
    let login = Login {
        login: input.text("email")?.to_owned(),
        password: input.text("password")?.to_owned(),
    };
    let client = Client {
        door: Some(DOOR),
        ..client
    };
    let authenticated = chat.login(login, &client).await?;
    // The contract has no words for setting one up: no session is opened.
    if chat.owes_two_factor(&authenticated).await? {
        return Err(Error::TwoFactorSetupRequired.into());
    }
    let tokens = chat.issue_tokens(authenticated, &client).await?;
    let card = chat.user_card(tokens.user.id).await?;
    let mut user = json!(Person::from(&*card));
    user["role"] = json!(tokens.user.role);
    // One's own: the request names no caller yet.
    user["email"] = json!(card.email);
    Ok(data(&json!({ "token": tokens.access_token, "user": user })))
}

async fn conversations(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let request = page_request(&input, CONVERSATIONS_PER_PAGE)?;
    let (rows, total) = list_conversations(&chat, &caller, request).await?;
    Ok(page(&rows, total, request))
}

async fn unread_count(TokenAuth { chat, caller }: TokenAuth) -> JsonResult {
    let private = unread_total(&chat, &caller).await?;
    let count = private + chat.unread_announcements(&caller).await?;
    Ok(data(&json!({ "unreadCount": count })))
}

async fn online_users(TokenAuth { chat, caller }: TokenAuth) -> JsonResult {
    let users = chat.online_users(&caller).await?;
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    chat.user_cards(&ids).await?;
    let mut statuses = Vec::with_capacity(users.len());
    for user in &users {
        statuses.push(status(&chat, user).await?);
    }
    Ok(data(&statuses.into()))
}

async fn user_status(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    const NOT_FOUND: &str = "User not found";
    let id = input.known_user(&chat, &caller, "userId").await?;
    let id = id.ok_or_else(|| not_found(NOT_FOUND))?;
    let user = chat.user(&caller, id).await;
    let user = user.map_err(|error| missing(error, NOT_FOUND))?;
    Ok(data(&status(&chat, &user).await?))
}

/// The conversation with the user of this id, which is created if there is none.
async fn conversation(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let meta = direct_with(&chat, &caller, input.id(&chat, &caller, "id").await?).await?;
    let head = chat.conversation(&caller, meta.id).await?;
    let pair = Pair::load(&chat, &meta).await?;
    Ok(data(&dto::conversation(&head, &pair)))
}

/// By the conversation's id. Page 1 has the newest messages; on a page the newest is last.
async fn messages(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let meta = require_shown(&chat, &caller, input.id(&chat, &caller, "id").await?).await?;
    let request = OffsetPageRequest {
        newest_first_pages: true,
        ..page_request(&input, MESSAGES_PER_PAGE)?
    };
    let found = chat.page_of_messages(&caller, meta.id, request).await?;
    let rows = list_messages(&chat, &caller, &meta, &found.items).await?;
    Ok(page(&rows, found.total, request))
}

async fn mark_conversation_read(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let meta = require_shown(&chat, &caller, input.id(&chat, &caller, "id").await?).await?;
    chat.mark_read(&caller, meta.id, i64::MAX).await?;
    Ok(done("All messages marked as read"))
}

async fn send_message(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let (sent, pair) = send(&chat, &caller, &input).await?;
    Ok(data(&json!(MessageDto::new(&sent.message, &pair, None))))
}

async fn mark_message_read(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    const NOT_FOUND: &str = "Message not found or already read";
    let id = input.id(&chat, &caller, "messageId").await?;
    let message = require_shown_message(&chat, &caller, id).await;
    message.map_err(|error| missing(error, NOT_FOUND))?;
    let marked = chat.mark_message_read(&caller, id).await;
    if marked.map_err(|error| missing(error, NOT_FOUND))? {
        Ok(done("Message marked as read"))
    } else {
        Err(not_found(NOT_FOUND))
    }
}

/// Only for the message's sender; for anybody else the message does not exist.
async fn delete_message(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    const NOT_FOUND: &str = "Message not found";
    let message =
        require_shown_message(&chat, &caller, input.id(&chat, &caller, "messageId").await?).await;
    let message = message.map_err(|error| missing(error, NOT_FOUND))?;
    let deleted = chat.delete_message(&caller, message.id).await;
    deleted.map_err(|error| match error {
        Error::Forbidden(_) => not_found(NOT_FOUND),
        other => missing(other, NOT_FOUND),
    })?;
    Ok(done("Message deleted successfully"))
}

async fn admin_broadcast(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let announcement = announce(&chat, &caller, &input).await?;
    Ok(data(&json!({
        "messageCount": announcement.reach,
        "message": "Broadcast sent successfully",
    })))
}

async fn admin_send_to_user(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let (sent, pair) = send_official(&chat, &caller, &input).await?;
    Ok(data(&json!(MessageDto::new(&sent.message, &pair, None))))
}

async fn status(chat: &Chat, user: &User) -> Result<Value> {
    Ok(json!({
        "user": Person::from(&*chat.user_card(user.id).await?),
        "isOnline": user.presence != PresenceStatus::Offline,
        "lastSeen": user.last_seen_at.map(iso),
    }))
}

fn missing(error: Error, detail: &'static str) -> ApiError {
    match error {
        Error::NotFound(_) => not_found(detail),
        other => other.into(),
    }
}

/// `{success, data}`.
fn data(data: &Value) -> Json<Value> {
    Json(json!({ "success": true, "data": data }))
}

/// `{success, data, pagination: {page, limit, total}}`.
fn page(rows: &[Value], total: i64, request: OffsetPageRequest) -> Json<Value> {
    let pagination = json!({ "page": request.page, "limit": request.limit, "total": total });
    Json(json!({ "success": true, "data": rows, "pagination": pagination }))
}
