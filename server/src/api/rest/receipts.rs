//! Endpoints of receipts: how far the caller has received and read a conversation.

use crate::api::prelude::*;
use model::{ConversationId, Unread, UnreadTotals};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub struct Position {
    position: i64,
}

/// Marks the conversation as read up to this position, which only moves forward. The answer has what
/// is still unread.
#[utoipa::path(post, path = "/conversations/{id}/read", tag = "receipts",
    operation_id = "mark_read", params(("id" = ConversationId, Path)), request_body = Position,
    responses((status = 200, body = Unread), Problems))]
pub async fn read(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(Position { position }): Json<Position>,
) -> Result<Json<Unread>> {
    Ok(Json(chat.mark_read(&caller, id, position).await?))
}

/// Marks the messages up to this position as delivered to the caller.
#[utoipa::path(post, path = "/conversations/{id}/delivered", tag = "receipts",
    operation_id = "mark_delivered", params(("id" = ConversationId, Path)), request_body = Position,
    responses((status = 204), Problems))]
pub async fn delivered(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(Position { position }): Json<Position>,
) -> Result<StatusCode> {
    chat.mark_delivered(&caller, id, position).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The numbers of messages that the caller has not read.
#[utoipa::path(get, path = "/unread", tag = "receipts", operation_id = "show_unread",
    responses((status = 200, body = UnreadTotals), Problems))]
pub async fn unread(State(chat): State<Chat>, caller: Caller) -> Result<Json<UnreadTotals>> {
    Ok(Json(chat.unread(&caller).await?))
}
