//! The routes of the contract, below `/api/v0`.

use super::{
    announce,
    dto::{self, Message, Person},
    not_found, of_identity, render, scene_with, send, send_official,
};
use crate::{
    State,
    contracts::{
        input::Input,
        iso,
        pairs::{self, ReadTimes},
        rest::{self, Signed},
    },
    gateway::ConnectionCount,
    problem::ApiError,
};
use axum::{
    Json, Router,
    extract::State as Extract,
    routing::{delete, get, post, put},
};
use chat::{Chat, Client, Error, OffsetPageRequest, Result};
use model::{ConversationSummary, Login, PresenceStatus, Problem, User};
use serde_json::{Value, json};

const CONVERSATIONS_PER_PAGE: i64 = 20;
const MESSAGES_PER_PAGE: i64 = 50;

pub fn routes(connections: ConnectionCount) -> Router<State> {
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
    let features = json!({ "chat": true, "socketio": true, "broadcast": true });
    Router::new()
        .route("/api/v0/auth/login", post(login))
        .nest("/api/v0/chat", chat)
        .merge(rest::health(connections, features))
}

/// The body of a refusal over REST.
pub fn words(problem: &Problem) -> Value {
    let message = of_identity(&problem.detail).unwrap_or(&problem.detail);
    json!({ "success": false, "message": message })
}

/// What `email` holds may be a username too: not everybody here has an address.
async fn login(
    Extract(chat): Extract<Chat>,
    client: Client,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let login = Login {
        login: input.text("email")?.to_owned(),
        password: input.text("password")?.to_owned(),
    };
    let who = chat.login(login, &client).await?;
    let signed_in = chat.issue_tokens(who, &client).await?;
    let contact = chat.user_card(signed_in.user.id).await?;
    let mut user = json!(Person::from(&*contact));
    user["role"] = json!(signed_in.user.role);
    Ok(data(
        &json!({ "token": signed_in.access_token, "user": user }),
    ))
}

async fn conversations(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let asked = page_request(&input, CONVERSATIONS_PER_PAGE)?;
    let found = chat.direct_conversations(&caller, asked).await?;
    let peers = found.items.iter().filter_map(|head| head.peer.as_ref());
    let people: Vec<_> = peers.map(|peer| peer.id).collect();
    // All at once, so that printing finds them remembered.
    chat.user_cards(&people).await?;
    let mut printed = Vec::with_capacity(found.items.len());
    for head in &found.items {
        printed.push(print_conversation(&chat, head).await?);
    }
    Ok(page(&printed, found.total, asked))
}

async fn unread_count(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
) -> Result<Json<Value>, ApiError> {
    let unread = chat.direct_unread(&caller).await?;
    let count: i64 = unread.iter().map(|it| it.unread).sum();
    Ok(data(&json!({ "unreadCount": count })))
}

async fn online_users(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
) -> Result<Json<Value>, ApiError> {
    let users = chat.online_users(&caller).await?;
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    chat.user_cards(&ids).await?;
    let mut statuses = Vec::with_capacity(users.len());
    for user in &users {
        statuses.push(status(&chat, user).await?);
    }
    Ok(data(&statuses.into()))
}

async fn user_status(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let user = chat.user(&caller, input.id("userId")?).await;
    let user = user.map_err(|error| match error {
        Error::NotFound(_) => not_found("User not found"),
        other => other.into(),
    })?;
    Ok(data(&status(&chat, &user).await?))
}

/// Found or created, by the other person's id.
async fn conversation(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let meta = scene_with(&chat, &caller, input.id("id")?).await?;
    let head = chat.conversation(&caller, meta.id).await?;
    Ok(data(&print_conversation(&chat, &head).await?))
}

/// By the conversation's id. The first page has the newest, the newest last.
async fn messages(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let meta = pairs::joined(&chat, &caller, input.id("id")?).await?;
    let asked = page_request(&input, MESSAGES_PER_PAGE)?;
    let found = chat.page_of_messages(&caller, meta.id, asked).await?;
    let pair = render::pair(&chat, &meta).await?;
    let read = ReadTimes::of(&chat, &caller, meta.id, &found.items).await?;
    let messages: Vec<_> = found
        .items
        .iter()
        .map(|message| {
            let receiver = meta.other(message.sender.id);
            let read_at = receiver.and_then(|it| read.at(it, message.position));
            json!(Message::new(message, &pair, read_at))
        })
        .collect();
    Ok(page(&messages, found.total, asked))
}

async fn mark_conversation_read(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let meta = pairs::joined(&chat, &caller, input.id("id")?).await?;
    chat.mark_read(&caller, meta.id, i64::MAX).await?;
    Ok(done("All messages marked as read"))
}

async fn send_message(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let written = send(&chat, &caller, &input).await?;
    let pair = render::pair(&chat, &written.meta).await?;
    Ok(data(&json!(Message::new(&written.message, &pair, None))))
}

async fn mark_message_read(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    const NOTHING: &str = "Message not found or already read";
    let id = input.id("messageId")?;
    let found = pairs::joined_message(&chat, &caller, id).await;
    found.map_err(|error| missing(error, NOTHING))?;
    let marked = chat.mark_message_read(&caller, id).await;
    if marked.map_err(|error| missing(error, NOTHING))? {
        Ok(done("Message marked as read"))
    } else {
        Err(not_found(NOTHING))
    }
}

/// By its sender; to anybody else it is not there.
async fn delete_message(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    const NOTHING: &str = "Message not found";
    let found = pairs::joined_message(&chat, &caller, input.id("messageId")?).await;
    let message = found.map_err(|error| missing(error, NOTHING))?;
    let deleted = chat.delete_message(&caller, message.id).await;
    deleted.map_err(|error| match error {
        Error::Forbidden(_) => not_found(NOTHING),
        other => missing(other, NOTHING),
    })?;
    Ok(done("Message deleted successfully"))
}

async fn admin_broadcast(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let announcement = announce(&chat, &caller, &input).await?;
    Ok(data(&json!({
        "messageCount": announcement.reach,
        "message": "Broadcast sent successfully",
    })))
}

async fn admin_send_to_user(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let written = send_official(&chat, &caller, &input).await?;
    let pair = render::pair(&chat, &written.meta).await?;
    Ok(data(&json!(Message::new(&written.message, &pair, None))))
}

async fn print_conversation(chat: &Chat, head: &ConversationSummary) -> Result<Value> {
    let meta = chat.conversation_meta(head.conversation.id).await?;
    let pair = render::pair(chat, &meta).await?;
    let (creator, _) = pair.sides(meta.created_by);
    Ok(dto::conversation(head, &pair, creator))
}

async fn status(chat: &Chat, user: &User) -> Result<Value> {
    Ok(json!({
        "user": Person::from(&*chat.user_card(user.id).await?),
        "isOnline": user.presence != PresenceStatus::Offline,
        "lastSeen": user.last_seen_at.map(iso),
    }))
}

fn missing(error: Error, text: &'static str) -> ApiError {
    match error {
        Error::NotFound(_) => not_found(text),
        other => other.into(),
    }
}

fn page_request(input: &Input, limit: i64) -> Result<OffsetPageRequest> {
    Ok(OffsetPageRequest {
        page: input.integer("page")?.unwrap_or(1),
        limit: input.integer("limit")?.unwrap_or(limit),
        newest_first_pages: true,
    })
}

fn data(data: &Value) -> Json<Value> {
    Json(json!({ "success": true, "data": data }))
}

fn done(message: &str) -> Json<Value> {
    Json(json!({ "success": true, "message": message }))
}

fn page(items: &[Value], total: i64, asked: OffsetPageRequest) -> Json<Value> {
    let pagination = json!({ "page": asked.page, "limit": asked.limit, "total": total });
    Json(json!({ "success": true, "data": items, "pagination": pagination }))
}
