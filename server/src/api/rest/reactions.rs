//! Endpoints of the reactions to a message.

use crate::api::prelude::*;
use model::{Message, MessageId};

/// Adds a reaction.
///
/// Adding it again changes nothing.
#[utoipa::path(put, path = "/messages/{id}/reactions/{emoji}", tag = "reactions", operation_id = "addReaction",
    params(("id" = MessageId, Path), ("emoji" = String, Path)),
    responses((status = 200, body = Message), Conflict, Invalid))]
pub async fn put(
    State(chat): State<Chat>,
    caller: Caller,
    Path((id, emoji)): Path<(MessageId, String)>,
) -> Result<Json<Message>> {
    Ok(Json(chat.add_reaction(&caller, id, &emoji).await?))
}

/// Removes a reaction.
///
/// If there is none, nothing changes.
#[utoipa::path(delete, path = "/messages/{id}/reactions/{emoji}", tag = "reactions", operation_id = "removeReaction",
    params(("id" = MessageId, Path), ("emoji" = String, Path)),
    responses((status = 200, body = Message), Conflict, Invalid))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path((id, emoji)): Path<(MessageId, String)>,
) -> Result<Json<Message>> {
    Ok(Json(chat.remove_reaction(&caller, id, &emoji).await?))
}
