//! Endpoints that find, block and unblock users.

use crate::api::prelude::*;
use model::{User, UserId};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct UserQuery {
    /// Part of a username or a name.
    query: Option<String>,
}

/// The users, ordered by username.
#[utoipa::path(get, path = "/users", tag = "users", operation_id = "list_users",
    params(UserQuery, PageRequest),
    responses((status = 200, body = Page<User>), Problems))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(query): Query<UserQuery>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<User>>> {
    Ok(Json(
        chat.users(&caller, query.query.as_deref(), page).await?,
    ))
}

/// One user.
#[utoipa::path(get, path = "/users/{id}", tag = "users", operation_id = "show_user",
    params(("id" = UserId, Path)),
    responses((status = 200, body = User), Problems))]
pub async fn show(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<UserId>,
) -> Result<Json<User>> {
    Ok(Json(chat.user(&caller, id).await?))
}

/// Ends all sessions of a user, who cannot sign in any more. For administrators.
#[utoipa::path(put, path = "/users/{id}/block", tag = "users", operation_id = "block_user",
    params(("id" = UserId, Path)), responses((status = 204), Problems))]
pub async fn block(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    chat.block_user(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Allows a blocked user to sign in again. For administrators.
#[utoipa::path(delete, path = "/users/{id}/block", tag = "users", operation_id = "unblock_user",
    params(("id" = UserId, Path)), responses((status = 204), Problems))]
pub async fn unblock(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    chat.unblock_user(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
