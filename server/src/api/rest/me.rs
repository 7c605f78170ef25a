//! Endpoints of the caller's own account and sessions.

use crate::{api::prelude::*, auth::CallerInSetup};
use model::{Account, AddableBy, AppUserId, NewLink, PasswordChange, Profile, Session, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The caller's account, with the ids that apps have for them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountDetails {
    #[serde(flatten)]
    account: Account,
    /// Whether everybody sees the e-mail address.
    shares_email: bool,
    /// Who may put the user into groups and channels.
    addable_by: AddableBy,
    external_ids: Vec<AppUserId>,
}

/// Changes to the caller's own account; an absent field stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
#[schema(example = json!({"name": "Ada Lovelace", "email": "ada@example.org", "addableBy": "contacts"}))]
pub struct AccountChanges {
    name: Option<String>,
    /// The empty string removes it. Where the server sends mails, another one is a conflict: `PUT /me/email`.
    email: Option<String>,
    /// The empty string removes it.
    avatar_url: Option<String>,
    /// Whether everybody sees the e-mail address, and not only the user and the app whose user it is.
    shares_email: Option<bool>,
    /// Who may put the user into groups and channels: everybody; contacts, with whom the user shares a
    /// group or a private channel or to whom the user has written directly; or nobody.
    addable_by: Option<AddableBy>,
}

async fn details(chat: &Chat, caller: &Caller, account: Account) -> Result<Json<AccountDetails>> {
    Ok(Json(AccountDetails {
        account,
        shares_email: chat.shares_email(caller).await?,
        addable_by: chat.addable_by(caller).await?,
        external_ids: chat.user_app_ids(caller, caller.user_id).await?,
    }))
}

/// Shows the caller's account.
///
/// With the fields that only the user may see.
#[utoipa::path(get, path = "/me", tag = "me", operation_id = "showMe",
    responses((status = 200, body = AccountDetails)))]
pub async fn show(
    State(chat): State<Chat>,
    CallerInSetup(caller): CallerInSetup,
) -> Result<Json<AccountDetails>> {
    let account = chat.account(&caller).await?;
    details(&chat, &caller, account).await
}

/// Changes the caller's account.
///
/// Fields that are absent stay as they are.
#[utoipa::path(patch, path = "/me", tag = "me", operation_id = "updateMe", request_body = AccountChanges,
    responses((status = 200, body = AccountDetails), Conflict))]
pub async fn update(
    State(chat): State<Chat>,
    caller: Caller,
    Json(changes): Json<AccountChanges>,
) -> Result<Json<AccountDetails>> {
    let profile = Profile {
        name: changes.name,
        email: changes.email,
        avatar_url: changes.avatar_url,
        shares_email: changes.shares_email,
    };
    let account = if profile == Profile::default() {
        chat.account(&caller).await?
    } else {
        chat.update_account(&caller, profile).await?
    };
    if let Some(choice) = changes.addable_by {
        chat.set_addable_by(&caller, choice).await?;
    }
    details(&chat, &caller, account).await
}

/// Changes the caller's password.
///
/// With the old one. All other sessions end, and their sockets, unless `endOtherSessions` is false. A conflict for an
/// account without a password, as users of apps have.
#[utoipa::path(put, path = "/me/password", tag = "me", operation_id = "changePassword",
    request_body = PasswordChange,
    responses((status = 204), Conflict))]
pub async fn change_password(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode> {
    chat.change_password(&caller, change, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the sessions in which the caller is signed in.
///
/// The newest sign-in first. All that are listed, on all pages, are all that there are.
#[utoipa::path(get, path = "/me/sessions", tag = "me", operation_id = "listSessions",
    params(PageRequest),
    responses((status = 200, body = Page<Session>)))]
pub async fn sessions(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Session>>> {
    Ok(Json(chat.sessions(&caller, &page).await?))
}

/// Signs out everywhere else.
///
/// All sessions of the caller end but that of the request. A token that was made elsewhere has no
/// session here, which is a conflict.
#[utoipa::path(delete, path = "/me/sessions", tag = "me", operation_id = "revokeOtherSessions",
    responses((status = 204), Conflict))]
pub async fn revoke_other_sessions(State(chat): State<Chat>, caller: Caller) -> Result<StatusCode> {
    chat.revoke_other_sessions(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
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

/// Makes the user of another token the same person as the caller.
///
/// The token is one of an app. The id that it has there becomes the caller's, for good. The user who had
/// it must have no conversations yet.
#[utoipa::path(post, path = "/me/links", tag = "me", operation_id = "linkMe", request_body = NewLink,
    responses((status = 204), Conflict))]
pub async fn link(
    State(chat): State<Chat>,
    caller: Caller,
    Json(new): Json<NewLink>,
) -> Result<StatusCode> {
    chat.link_token(&caller, &new.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
