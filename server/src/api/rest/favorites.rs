//! Endpoints of the caller's favorites.

use crate::api::prelude::*;
use chat::FavoriteTarget;
use model::{ConversationId, Favorite};
use serde::Deserialize;
use utoipa::ToSchema;

/// Lists the caller's favorites: conversations and users, in the caller's order, and else in that in which they were
/// added.
///
/// Nobody else sees the list. Conversations that the caller has left are left out. Every change of it is told as
/// `favorites` to the caller's own sockets.
#[utoipa::path(get, path = "/me/favorites", tag = "me", operation_id = "listFavorites",
    responses((status = 200, body = Vec<Favorite>)))]
pub async fn index(State(chat): State<Chat>, caller: Caller) -> Result<Json<Vec<Favorite>>> {
    Ok(Json(chat.favorites(&caller).await?))
}

/// Marks a conversation of the caller as a favorite.
///
/// If it is one, nothing changes. Answers with all favorites. More than 200 are a conflict.
#[utoipa::path(put, path = "/me/favorites/{id}", tag = "me", operation_id = "addFavorite",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = Vec<Favorite>), Conflict))]
pub async fn put(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<Json<Vec<Favorite>>> {
    let target = FavoriteTarget::Conversation(id);
    Ok(Json(chat.set_favorite(&caller, target, true).await?))
}

#[derive(Deserialize, ToSchema)]
pub struct FavoriteOrder {
    /// Conversations, the first one first.
    ids: Vec<ConversationId>,
}

/// Orders the caller's favorites.
///
/// Favorites that are not named stand behind those that are; a conversation that is no favorite is passed over. Answers
/// with all favorites. More than 200 ids are invalid.
#[utoipa::path(put, path = "/me/favorites", tag = "me", operation_id = "orderFavorites",
    request_body = FavoriteOrder,
    responses((status = 200, body = Vec<Favorite>)))]
pub async fn order(
    State(chat): State<Chat>,
    caller: Caller,
    Json(order): Json<FavoriteOrder>,
) -> Result<Json<Vec<Favorite>>> {
    Ok(Json(chat.order_favorites(&caller, &order.ids).await?))
}

/// Takes a conversation off the caller's favorites.
///
/// If it is none, nothing changes. Answers with all favorites.
#[utoipa::path(delete, path = "/me/favorites/{id}", tag = "me", operation_id = "removeFavorite",
    params(("id" = ConversationId, Path)),
    responses((status = 200, body = Vec<Favorite>)))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<Json<Vec<Favorite>>> {
    let target = FavoriteTarget::Conversation(id);
    Ok(Json(chat.set_favorite(&caller, target, false).await?))
}
