//! Endpoints that find, block and unblock users.

use crate::api::prelude::*;
use model::{AppUserId, ConversationSummary, User, UserKey, UserRole};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct UserQuery {
    /// Part of a username or a name, at most 100 characters.
    #[param(max_length = 100)]
    pub query: Option<String>,
}

/// Lists the users, ordered by username.
///
/// With `query`, those whose username or name contains it, in any case and with or without accents; with accents, names
/// that are written with them come first. Where these are fewer than three, those follow who are meant if a query of
/// four characters or more has typing errors. Who is gone from their app is left out.
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

/// A user, with what administrators see besides.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDetails {
    #[serde(flatten)]
    user: User,
    /// Of a user who shares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// The ids that apps have for the user; for administrators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ids: Option<Vec<AppUserId>>,
}

/// Shows one user.
///
/// With role and presence.
#[utoipa::path(get, path = "/users/{id}", tag = "users", operation_id = "showUser",
    params(("id" = UserKey, Path)),
    responses((status = 200, body = UserDetails)))]
pub async fn show(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
) -> Result<Json<UserDetails>> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    let user = chat.user(&caller, id).await?;
    let external_ids = match caller.role {
        UserRole::Admin => Some(chat.user_app_ids(&caller, id).await?),
        UserRole::Member => None,
    };
    Ok(Json(UserDetails {
        email: chat.shared_email(&caller, id).await?,
        user,
        external_ids,
    }))
}

/// Lists the groups and channels that the caller and this user are both in.
///
/// The newest first. Without the announcements, which have everybody.
#[utoipa::path(get, path = "/users/{id}/conversations", tag = "users", operation_id = "listSharedConversations",
    params(("id" = UserKey, Path), PageRequest),
    responses((status = 200, body = Page<ConversationSummary>)))]
pub async fn conversations(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<ConversationSummary>>> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    Ok(Json(chat.shared_conversations(&caller, id, &page).await?))
}

/// Shows the user with this id in an app.
///
/// A slash in the id is written `%2F`. Never creates a user. For users of the app and administrators: to others, nobody
/// has an id there.
#[utoipa::path(get, path = "/users/by/{app}/{id}", tag = "users", operation_id = "showUserByApp",
    params(("app" = String, Path, description = "The name of the app"),
        ("id" = String, Path, description = "The id that the app has for the user")),
    responses((status = 200, body = User)))]
pub async fn show_by_app(
    State(chat): State<Chat>,
    caller: Caller,
    Path((app, id)): Path<(String, String)>,
) -> Result<Json<User>> {
    let id = AppUserId { app, id };
    Ok(Json(chat.user_by_app_id(&caller, &id).await?))
}

/// Blocks a user.
///
/// For administrators. Ends all sessions of the user, who cannot sign in any more.
#[utoipa::path(put, path = "/users/{id}/block", tag = "users", operation_id = "blockUser",
    params(("id" = UserKey, Path)), responses((status = 204), Conflict))]
pub async fn block(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
) -> Result<StatusCode> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    chat.block_user(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Allows a blocked user to sign in again.
///
/// For administrators. Sessions that were ended stay ended.
#[utoipa::path(delete, path = "/users/{id}/block", tag = "users", operation_id = "unblockUser",
    params(("id" = UserKey, Path)), responses((status = 204)))]
pub async fn unblock(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
) -> Result<StatusCode> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    chat.unblock_user(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
