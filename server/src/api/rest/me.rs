//! Endpoints of the caller's own account and sessions.

use crate::api::prelude::*;
use model::{Account, Profile, Session, SessionId};

/// Shows the caller's account.
///
/// With the fields that only the user may see.
#[utoipa::path(get, path = "/me", tag = "me", operation_id = "showMe",
    responses((status = 200, body = Account)))]
pub async fn show(State(chat): State<Chat>, caller: Caller) -> Result<Json<Account>> {
    Ok(Json(chat.account(&caller).await?))
}

/// Changes the caller's account.
///
/// Fields that are absent stay as they are.
#[utoipa::path(patch, path = "/me", tag = "me", operation_id = "updateMe", request_body = Profile,
    responses((status = 200, body = Account), Conflict))]
pub async fn update(
    State(chat): State<Chat>,
    caller: Caller,
    Json(profile): Json<Profile>,
) -> Result<Json<Account>> {
    Ok(Json(chat.update_account(&caller, profile).await?))
}

/// Lists the sessions in which the caller is signed in.
///
/// The most recently used first, at most 100.
#[utoipa::path(get, path = "/me/sessions", tag = "me", operation_id = "listSessions",
    responses((status = 200, body = Page<Session>)))]
pub async fn sessions(State(chat): State<Chat>, caller: Caller) -> Result<Json<Page<Session>>> {
    Ok(single_page(chat.sessions(&caller).await?))
}

/// Signs out one of the caller's sessions.
///
/// Its tokens end, and its sockets are disconnected.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "me", operation_id = "revokeSession",
    params(("id" = SessionId, Path)),
    responses((status = 204)))]
pub async fn revoke_session(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<SessionId>,
) -> Result<StatusCode> {
    chat.revoke_session(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
