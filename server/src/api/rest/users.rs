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

/// Lists the users, ordered by username.
///
/// With `query`, those whose username or name contains it.
#[utoipa::path(get, path = "/users", tag = "users", operation_id = "listUsers",
    params(UserQuery, PageRequest),
    responses((status = 200, body = Page<User>)))]
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

/// Shows one user.
///
/// With role and presence.
#[utoipa::path(get, path = "/users/{id}", tag = "users", operation_id = "showUser",
    params(("id" = UserId, Path)),
    responses((status = 200, body = User)))]
pub async fn show(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<UserId>,
) -> Result<Json<User>> {
    Ok(Json(chat.user(&caller, id).await?))
}

/// Blocks a user.
///
/// For administrators. Ends all sessions of the user, who cannot sign in any more.
#[utoipa::path(put, path = "/users/{id}/block", tag = "users", operation_id = "blockUser",
    params(("id" = UserId, Path)), responses((status = 204), Conflict))]
pub async fn block(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    chat.block_user(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Allows a blocked user to sign in again.
///
/// For administrators. Sessions that were ended stay ended.
#[utoipa::path(delete, path = "/users/{id}/block", tag = "users", operation_id = "unblockUser",
    params(("id" = UserId, Path)), responses((status = 204)))]
pub async fn unblock(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<UserId>,
) -> Result<StatusCode> {
    chat.unblock_user(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
