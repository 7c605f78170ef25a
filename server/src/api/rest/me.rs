//! Endpoints of the caller's own account and sessions.

use crate::api::prelude::*;
use model::{Account, AppUserId, NewLink, Profile, Session, SessionId};
use serde::Serialize;
use utoipa::ToSchema;

/// The caller's account, with the ids that apps have for them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountDetails {
    #[serde(flatten)]
    account: Account,
    external_ids: Vec<AppUserId>,
}

/// The caller's account.
#[utoipa::path(get, path = "/me", tag = "me", operation_id = "show_me",
    responses((status = 200, body = AccountDetails), Problems))]
pub async fn show(State(chat): State<Chat>, caller: Caller) -> Result<Json<AccountDetails>> {
    Ok(Json(AccountDetails {
        account: chat.account(&caller).await?,
        external_ids: chat.user_app_ids(&caller, caller.user_id).await?,
    }))
}

/// Changes the caller's account.
#[utoipa::path(patch, path = "/me", tag = "me", operation_id = "update_me", request_body = Profile,
    responses((status = 200, body = AccountDetails), Problems))]
pub async fn update(
    State(chat): State<Chat>,
    caller: Caller,
    Json(profile): Json<Profile>,
) -> Result<Json<AccountDetails>> {
    Ok(Json(AccountDetails {
        account: chat.update_account(&caller, profile).await?,
        external_ids: chat.user_app_ids(&caller, caller.user_id).await?,
    }))
}

/// The sessions in which the caller is signed in.
#[utoipa::path(get, path = "/me/sessions", tag = "me", operation_id = "list_sessions",
    responses((status = 200, body = Page<Session>), Problems))]
pub async fn sessions(State(chat): State<Chat>, caller: Caller) -> Result<Json<Page<Session>>> {
    Ok(single_page(chat.sessions(&caller).await?))
}

/// Signs out one of the caller's sessions.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "me", params(("id" = SessionId, Path)),
    responses((status = 204), Problems))]
pub async fn revoke_session(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<SessionId>,
) -> Result<StatusCode> {
    chat.revoke_session(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes the user of another token the same person as the caller.
///
/// The token is one of an app. The id that it has there becomes the caller's, for good. The user who had
/// it must have no conversations yet.
#[utoipa::path(post, path = "/me/links", tag = "me", operation_id = "link_me", request_body = NewLink,
    responses((status = 204), Problems))]
pub async fn link(
    State(chat): State<Chat>,
    caller: Caller,
    Json(new): Json<NewLink>,
) -> Result<StatusCode> {
    chat.link_token(&caller, &new.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
