//! Endpoints of accounts, for administrators: made, given another role, signed out, given a new password.

use crate::api::prelude::*;
use model::{
    CreatedUserAccount, NewUserAccount, PasswordResetLink, UserAccount, UserKey, UserRole,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::users::UserQuery;

/// Lists all accounts, ordered by username.
///
/// For administrators. With `query`, those whose username or name contains it. Who is blocked or gone from an app is
/// listed, too.
#[utoipa::path(get, path = "/accounts", tag = "accounts", operation_id = "listAccounts",
    params(UserQuery, PageRequest),
    responses((status = 200, body = Page<UserAccount>), Forbidden))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(query): Query<UserQuery>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<UserAccount>>> {
    let accounts = chat.user_accounts(&caller, query.query.as_deref(), &page);
    Ok(Json(accounts.await?))
}

/// Makes an account for somebody.
///
/// For administrators, whether registration is open or not. The answer has a link by which the user chooses the
/// password, once, within 30 minutes. It is shown this one time.
#[utoipa::path(post, path = "/accounts", tag = "accounts", operation_id = "createAccount",
    request_body = NewUserAccount,
    responses((status = 201, body = CreatedUserAccount), Conflict))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    Json(new): Json<NewUserAccount>,
) -> Result<(StatusCode, Json<CreatedUserAccount>)> {
    let created = chat.create_user_account(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

#[derive(Deserialize, ToSchema)]
pub struct NewRole {
    role: UserRole,
}

/// Makes a user an administrator or a member.
///
/// For administrators. Nobody changes their own role, and the last administrator stays one.
#[utoipa::path(put, path = "/accounts/{id}/role", tag = "accounts", operation_id = "setAccountRole",
    params(("id" = UserKey, Path)), request_body = NewRole,
    responses((status = 200, body = UserAccount), Conflict))]
pub async fn set_role(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
    Json(new): Json<NewRole>,
) -> Result<Json<UserAccount>> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    chat.set_user_role(&caller, id, new.role).await?;
    Ok(Json(chat.user_account(&caller, id).await?))
}

/// Signs a user out everywhere.
///
/// For administrators. All sessions end, and their sockets. Tokens of apps stay good.
#[utoipa::path(delete, path = "/accounts/{id}/sessions", tag = "accounts", operation_id = "endAccountSessions",
    params(("id" = UserKey, Path)), responses((status = 204)))]
pub async fn end_sessions(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
) -> Result<StatusCode> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    chat.end_user_sessions(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the second factor of a user away.
///
/// For administrators, for a user who has lost the authenticator app and the recovery codes. All sessions of the user
/// end, and the password alone signs in. Nobody resets their own: `POST /me/two-factor/disable` asks for password and code.
/// 204 for a user without one, too.
#[utoipa::path(delete, path = "/accounts/{id}/two-factor", tag = "accounts", operation_id = "resetTwoFactor",
    params(("id" = UserKey, Path)), responses((status = 204), Conflict))]
pub async fn reset_two_factor(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
) -> Result<StatusCode> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    chat.reset_two_factor(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a link with which a user chooses another password.
///
/// For administrators, who give it to the user: it is shown this one time. It works once, within 30 minutes, and takes
/// the place of an earlier one. Nothing changes until it is used; then all sessions of the user end.
#[utoipa::path(post, path = "/accounts/{id}/password-reset", tag = "accounts",
    operation_id = "createPasswordReset",
    params(("id" = UserKey, Path)), responses((status = 201, body = PasswordResetLink)))]
pub async fn create_password_reset(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
) -> Result<(StatusCode, Json<PasswordResetLink>)> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    let link = chat.create_password_reset(&caller, id).await?;
    Ok((StatusCode::CREATED, Json(link)))
}
