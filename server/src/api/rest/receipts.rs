//! Endpoints of receipts: how far the caller has received and read a conversation.

use crate::api::prelude::*;
use model::{ConversationId, MessageId, MessageReceipts, Unread, UnreadTotals};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub struct Position {
    position: i64,
}

/// Marks the conversation as read up to a position.
///
/// The position only moves forward. The answer has what is still unread.
#[utoipa::path(post, path = "/conversations/{id}/read", tag = "receipts", operation_id = "markRead",
    params(("id" = ConversationId, Path)), request_body = Position,
    responses((status = 200, body = Unread)))]
pub async fn read(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(Position { position }): Json<Position>,
) -> Result<Json<Unread>> {
    Ok(Json(chat.mark_read(&caller, id, position).await?))
}

/// Marks the messages from a position on as unread again.
///
/// For the caller alone, until they are read once more or the caller sends something there: what others see as read
/// stays. The caller's devices get the event `unread`. Messages that are unread already stay unread.
#[utoipa::path(post, path = "/conversations/{id}/unread", tag = "receipts", operation_id = "markUnread",
    params(("id" = ConversationId, Path)), request_body = Position,
    responses((status = 200, body = Unread)))]
pub async fn mark_unread(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(Position { position }): Json<Position>,
) -> Result<Json<Unread>> {
    Ok(Json(chat.mark_unread(&caller, id, position).await?))
}

/// Marks the messages up to a position as delivered to the caller.
///
/// The position only moves forward.
#[utoipa::path(post, path = "/conversations/{id}/delivered", tag = "receipts", operation_id = "markDelivered",
    params(("id" = ConversationId, Path)), request_body = Position,
    responses((status = 204)))]
pub async fn delivered(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(Position { position }): Json<Position>,
) -> Result<StatusCode> {
    chat.mark_delivered(&caller, id, position).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists who has read a message, then who has received it only.
///
/// For members: of those who were there when it was sent, without its sender. What an invisible member receives is not
/// told. Nobody is told who has read an announcement.
#[utoipa::path(get, path = "/messages/{id}/receipts", tag = "receipts", operation_id = "listMessageReceipts",
    params(("id" = MessageId, Path), PageRequest),
    responses((status = 200, body = MessageReceipts)))]
pub async fn of_message(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<MessageId>,
    Query(page): Query<PageRequest>,
) -> Result<Json<MessageReceipts>> {
    Ok(Json(chat.message_receipts(&caller, id, page).await?))
}

/// Counts the messages that the caller has not read.
///
/// In all conversations, and in each that has some.
#[utoipa::path(get, path = "/unread", tag = "receipts", operation_id = "showUnread",
    responses((status = 200, body = UnreadTotals)))]
pub async fn unread(State(chat): State<Chat>, caller: Caller) -> Result<Json<UnreadTotals>> {
    Ok(Json(chat.unread(&caller).await?))
}
