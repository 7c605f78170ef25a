//! The routes of the contract, below `/api/chat`.

use super::{
    bad_request,
    dto::{MessageRow, Person, conversation_row},
    render, send,
};
use crate::{
    State,
    contracts::{
        NO_TOKEN,
        input::Input,
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
use chat::{Caller, Chat, ConversationMeta, OffsetPage, OffsetPageRequest, Result, SearchRequest};
use http::StatusCode;
use model::{ErrorCode, Message, Problem, UserId};
use serde_json::{Value, json};
use std::collections::HashSet;

const CONVERSATIONS_PER_PAGE: i64 = 20;
const MESSAGES_PER_PAGE: i64 = 50;
const FINDS_PER_PAGE: i64 = 20;

pub fn routes(connections: ConnectionCount) -> Router<State> {
    let chat = Router::new()
        .route("/send", post(send_message))
        .route("/conversations", get(conversations))
        .route("/conversations/{id}/messages", get(messages))
        .route("/conversations/{id}/read", put(mark_read))
        .route("/conversations/{id}/search", get(search))
        .route("/unread-count", get(unread_count))
        .route("/unread", get(unread))
        .route("/messages/{id}", delete(delete_message));
    let features = json!({ "chat": true, "socketio": true, "search": true });
    Router::new()
        .nest("/api/chat", chat)
        .merge(rest::health(connections, features))
}

/// The body of a refusal over REST.
pub fn words(problem: &Problem) -> Value {
    match problem.code {
        ErrorCode::Unauthenticated if problem.detail == NO_TOKEN => {
            json!({ "error": "Unauthorized: No token provided", "UA": false })
        }
        ErrorCode::Unauthenticated => json!({ "error": "Unauthorized: Invalid token", "UA": true }),
        _ => json!({ "error": problem.detail }),
    }
}

async fn send_message(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let (sent, meta) = send(&chat, &caller, &input).await?;
    let pair = render::pair(&chat, &meta).await?;
    let status = if sent.deduplicated {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let body = json!({ "success": true, "message": "Message sent", "data": MessageRow::new(&sent.message, &pair, None) });
    Ok((status, Json(body)))
}

async fn conversations(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let asked = page_request(&input, CONVERSATIONS_PER_PAGE)?;
    let found = chat.direct_conversations(&caller, asked).await?;
    let ids: HashSet<UserId> = found
        .items
        .iter()
        .filter_map(|head| head.peer.as_ref().map(|peer| peer.id))
        .chain([caller.user_id])
        .collect();
    chat.user_cards(&Vec::from_iter(ids)).await?;
    let mut rows = Vec::with_capacity(found.items.len());
    for head in &found.items {
        let meta = chat.conversation_meta(head.conversation.id).await?;
        let pair = render::pair(&chat, &meta).await?;
        rows.push(conversation_row(head, &pair));
    }
    Ok(page("conversations", &rows, found.total, asked))
}

/// The first page has the oldest.
async fn messages(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let meta = pairs::joined(&chat, &caller, input.id("id")?).await?;
    let asked = page_request(&input, MESSAGES_PER_PAGE)?;
    let found = chat.page_of_messages(&caller, meta.id, asked).await?;
    page_of_rows(&chat, &caller, &meta, &found, asked).await
}

async fn search(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let meta = pairs::joined(&chat, &caller, input.id("id")?).await?;
    let query = input.optional_text("q")?.unwrap_or_default();
    if query.trim().is_empty() {
        return Err(bad_request("Search query is required"));
    }
    let asked = page_request(&input, FINDS_PER_PAGE)?;
    let request = SearchRequest {
        query: query.to_owned(),
        conversation_id: Some(meta.id),
        page: asked.page,
        limit: asked.limit,
    };
    let found = chat.search_messages(&caller, request).await?;
    page_of_rows(&chat, &caller, &meta, &found, asked).await
}

async fn mark_read(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let meta = pairs::joined(&chat, &caller, input.id("id")?).await?;
    chat.mark_read(&caller, meta.id, i64::MAX).await?;
    Ok(done("Messages marked as read"))
}

async fn unread_count(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
) -> Result<Json<Value>, ApiError> {
    let unread = chat.direct_unread(&caller).await?;
    let count: i64 = unread.iter().map(|it| it.unread).sum();
    Ok(Json(json!({ "success": true, "unreadCount": count })))
}

async fn unread(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
) -> Result<Json<Value>, ApiError> {
    let unread = chat.direct_unread(&caller).await?;
    let data: Vec<_> = unread
        .iter()
        .map(|it| {
            json!({
                "conversationId": it.conversation_id.0,
                "unreadCount": it.unread,
                "otherUser": Person::from(&it.peer),
            })
        })
        .collect();
    Ok(Json(json!({ "success": true, "data": data })))
}

async fn delete_message(
    Extract(chat): Extract<Chat>,
    Signed(caller): Signed,
    input: Input,
) -> Result<Json<Value>, ApiError> {
    let message = pairs::joined_message(&chat, &caller, input.id("id")?).await?;
    chat.delete_message(&caller, message.id).await?;
    Ok(done("Message deleted successfully"))
}

fn done(message: &str) -> Json<Value> {
    Json(json!({ "success": true, "message": message }))
}

fn page_request(input: &Input, limit: i64) -> Result<OffsetPageRequest> {
    Ok(OffsetPageRequest {
        page: input.integer("page")?.unwrap_or(1),
        limit: input.integer("limit")?.unwrap_or(limit),
        newest_first_pages: false,
    })
}

fn page<T: serde::Serialize>(
    name: &'static str,
    rows: &[T],
    total: i64,
    asked: OffsetPageRequest,
) -> Json<Value> {
    let mut data = json!({
        "total": total,
        "page": asked.page,
        "totalPages": (total + asked.limit - 1) / asked.limit,
    });
    data[name] = json!(rows);
    Json(json!({ "success": true, "data": data }))
}

async fn page_of_rows(
    chat: &Chat,
    caller: &Caller,
    meta: &ConversationMeta,
    found: &OffsetPage<Message>,
    asked: OffsetPageRequest,
) -> Result<Json<Value>, ApiError> {
    let pair = render::pair(chat, meta).await?;
    let read = ReadTimes::of(chat, caller, meta.id, &found.items).await?;
    let rows: Vec<_> = found
        .items
        .iter()
        .map(|message| {
            let receiver = meta.other(message.sender.id);
            let read_at = receiver.and_then(|it| read.at(it, message.position));
            MessageRow::new(message, &pair, read_at)
        })
        .collect();
    Ok(page("messages", &rows, found.total, asked))
}
