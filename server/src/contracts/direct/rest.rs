//! The routes of the contract, below `/api/chat`.

use super::{
    dto::{MessageRow, Pair, Person, conversation_row},
    send::send,
};
use crate::{
    State,
    contracts::{
        auth::TokenAuth,
        direct_pair::{
            DirectPair, read_times, require_direct, require_direct_message, unread_total,
        },
        input::Input,
        responses::{JsonResult, StatusResult, bad_request, created_status, done, page_request},
    },
};
use axum::{
    Json, Router,
    routing::{delete, get, post, put},
};
use chat::{Caller, Chat, ConversationMeta, OffsetPage, OffsetPageRequest, SearchRequest};
use model::Message;
use serde_json::{Value, json};

const CONVERSATIONS_PER_PAGE: i64 = 20;
const MESSAGES_PER_PAGE: i64 = 50;
const SEARCH_RESULTS_PER_PAGE: i64 = 20;

pub fn routes() -> Router<State> {
    let chat = Router::new()
        .route("/send", post(send_message))
        .route("/conversations", get(conversations))
        .route("/conversations/{id}/messages", get(messages))
        .route("/conversations/{id}/read", put(mark_read))
        .route("/conversations/{id}/search", get(search))
        .route("/unread-count", get(unread_count))
        .route("/unread", get(unread))
        .route("/messages/{id}", delete(delete_message));
    Router::new().nest("/api/chat", chat)
}

async fn send_message(TokenAuth { chat, caller }: TokenAuth, input: Input) -> StatusResult {
    let (sent, pair) = send(&chat, &caller, &input).await?;
    let row = MessageRow::new(&sent.message, &pair, None);
    let body = json!({ "success": true, "message": "Message sent", "data": row });
    Ok((created_status(sent.deduplicated), Json(body)))
}

async fn conversations(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let request = page_request(&input, CONVERSATIONS_PER_PAGE)?;
    let found = chat.direct_conversations(&caller, request).await?;
    let pairs = DirectPair::load_many(&chat, &found.items).await?;
    let rows = found.items.iter().zip(&pairs);
    let rows = rows.map(|(head, pair)| conversation_row(head, pair));
    Ok(page("conversations", rows.collect(), found.total, request))
}

/// Page 1 has the oldest messages.
async fn messages(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let meta = require_direct(&chat, &caller, input.id(&chat, &caller, "id").await?).await?;
    let request = page_request(&input, MESSAGES_PER_PAGE)?;
    let found = chat.page_of_messages(&caller, meta.id, request).await?;
    page_of_messages(&chat, &caller, &meta, &found, request).await
}

async fn search(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let meta = require_direct(&chat, &caller, input.id(&chat, &caller, "id").await?).await?;
    let query = input.optional_text("q")?.unwrap_or_default();
    if query.trim().is_empty() {
        return Err(bad_request("Search query is required"));
    }
    let request = page_request(&input, SEARCH_RESULTS_PER_PAGE)?;
    let search = SearchRequest {
        query: query.to_owned(),
        conversation_id: Some(meta.id),
        page: request.page,
        limit: request.limit,
    };
    let found = chat.search_messages(&caller, search).await?;
    page_of_messages(&chat, &caller, &meta, &found, request).await
}

async fn mark_read(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let meta = require_direct(&chat, &caller, input.id(&chat, &caller, "id").await?).await?;
    chat.mark_read(&caller, meta.id, i64::MAX).await?;
    Ok(done("Messages marked as read"))
}

async fn unread_count(TokenAuth { chat, caller }: TokenAuth) -> JsonResult {
    let count = unread_total(&chat, &caller).await?;
    Ok(Json(json!({ "success": true, "unreadCount": count })))
}

/// One row per conversation with unread messages.
async fn unread(TokenAuth { chat, caller }: TokenAuth) -> JsonResult {
    let unread = chat.direct_unread(&caller).await?;
    let rows = unread.iter().map(|it| {
        json!({
            "conversationId": it.conversation_id.0,
            "unreadCount": it.unread,
            "otherUser": Person::from(&it.peer),
        })
    });
    let rows: Vec<_> = rows.collect();
    Ok(Json(json!({ "success": true, "data": rows })))
}

async fn delete_message(TokenAuth { chat, caller }: TokenAuth, input: Input) -> JsonResult {
    let message =
        require_direct_message(&chat, &caller, input.id(&chat, &caller, "id").await?).await?;
    chat.delete_message(&caller, message.id).await?;
    Ok(done("Message deleted successfully"))
}

async fn page_of_messages(
    chat: &Chat,
    caller: &Caller,
    meta: &ConversationMeta,
    found: &OffsetPage<Message>,
    request: OffsetPageRequest,
) -> JsonResult {
    let pair = Pair::load(chat, meta).await?;
    let read_times = read_times(chat, caller, meta, &found.items).await?;
    let rows = found.items.iter().zip(read_times);
    let rows = rows.map(|(message, read_at)| json!(MessageRow::new(message, &pair, read_at)));
    Ok(page("messages", rows.collect(), found.total, request))
}

/// `{success, data: {<name>: rows, total, page, totalPages}}`.
fn page(name: &'static str, rows: Value, total: i64, request: OffsetPageRequest) -> Json<Value> {
    let mut data = json!({
        "total": total,
        "page": request.page,
        "totalPages": (total + request.limit - 1) / request.limit,
    });
    data[name] = rows;
    Json(json!({ "success": true, "data": data }))
}
