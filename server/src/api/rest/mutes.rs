//! Endpoints of the conversations that the caller has muted.

use crate::api::prelude::*;
use model::{ConversationId, Mute, NewMute};

/// Lists the conversations that the caller has muted, the one that was muted last first.
///
/// Without those whose time is over, and those that the caller has left. Nobody else sees them. Every change is told as
/// `mute` to the caller's own sockets.
#[utoipa::path(get, path = "/me/mutes", tag = "me", operation_id = "listMutes",
    params(PageRequest),
    responses((status = 200, body = Page<Mute>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Mute>>> {
    Ok(Json(chat.mutes(&caller, page).await?))
}

/// Mutes a conversation of the caller, without an end or until a time.
///
/// Another time replaces the first. A mute ends by itself at its time, which no event tells, and when the caller leaves
/// the conversation. It changes nothing of what is counted and told: what clients make of it is their own; those of
/// Parlance go on showing mentions of the caller. More than 1,000 muted conversations are a conflict.
#[utoipa::path(put, path = "/conversations/{id}/mute", tag = "me", operation_id = "muteConversation",
    params(("id" = ConversationId, Path)), request_body = NewMute,
    responses((status = 200, body = Mute), Conflict))]
pub async fn put(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(new): Json<NewMute>,
) -> Result<Json<Mute>> {
    Ok(Json(chat.set_mute(&caller, id, new).await?))
}

/// Unmutes a conversation of the caller.
///
/// If it is not muted, nothing changes.
#[utoipa::path(delete, path = "/conversations/{id}/mute", tag = "me", operation_id = "unmuteConversation",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = Mute)))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<Json<Mute>> {
    Ok(Json(chat.unmute(&caller, id).await?))
}
