//! Endpoints of the caller's data: an export of all of it, and the deletion of the account.

use crate::{api::prelude::*, data_archive};
use axum::response::Response;
use model::{AccountDeletion, Deletion, OwnDeletion, OwnExport, UserKey};
use utoipa::ToSchema;

/// A ZIP file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it is a part of the document only")]
pub struct ZipFile(Vec<u8>);

/// Exports what the server has of the caller.
///
/// With the password, and a code where the caller has two-factor authentication; users of apps have neither. The answer is a
/// ZIP file, made as it is sent: pages for a person, JSON for a program, the caller's own messages and files. What others
/// have written is not in it, and no secret is. Three in a day.
#[utoipa::path(post, path = "/me/export", tag = "me", operation_id = "exportMe", request_body = OwnExport,
    responses((status = 200, description = "The file", body = ZipFile, content_type = "application/zip"), Conflict))]
pub async fn export(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Json(proof): Json<OwnExport>,
) -> Result<Response> {
    let export = chat.begin_data_export(&caller, proof, &client).await?;
    data_archive::respond(export)
}

/// Deletes the caller's account, for good.
///
/// With the username, the password, and a code where the caller has two-factor authentication. All sessions and sockets end
/// at once, and so does everything by which somebody signs in. With `messages` `keep` the caller's messages stay as those of
/// "Deleted user", with `remove` they are deleted, with reactions and votes. What else there is of the caller is erased
/// within a day. Nothing brings the account back. A conflict for the last administrator.
#[utoipa::path(post, path = "/me/delete", tag = "me", operation_id = "deleteMe", request_body = OwnDeletion,
    responses((status = 202, body = Deletion), Conflict))]
pub async fn delete_own(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Json(wish): Json<OwnDeletion>,
) -> Result<(StatusCode, Json<Deletion>)> {
    let deletion = chat.delete_own_account(&caller, wish, &client).await?;
    Ok((StatusCode::ACCEPTED, Json(deletion)))
}

/// Deletes the account of somebody, for good.
///
/// For administrators: of a person, a user of an app, or a bot. With the administrator's password, and a code where they
/// have two-factor authentication; without a password in a session that has begun within the last 10 minutes. As
/// `POST /me/delete` does it. Nobody deletes their own account here, and the last administrator stays. An administrator
/// deletes 20 accounts in an hour. An app whose user was deleted cannot make them anew: tokens with that id are refused.
#[utoipa::path(post, path = "/accounts/{id}/delete", tag = "accounts", operation_id = "deleteAccount",
    params(("id" = UserKey, Path)), request_body = AccountDeletion,
    responses((status = 202, body = Deletion), Conflict))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Path(key): Path<UserKey>,
    Json(wish): Json<AccountDeletion>,
) -> Result<(StatusCode, Json<Deletion>)> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    let deletion = chat.delete_account(&caller, id, wish, &client).await?;
    Ok((StatusCode::ACCEPTED, Json(deletion)))
}

/// Shows whether the deletion of an account is finished.
///
/// For administrators. `finishedAt` is null as long as something is left to erase.
#[utoipa::path(get, path = "/accounts/{id}/deletion", tag = "accounts", operation_id = "showDeletion",
    params(("id" = UserKey, Path)), responses((status = 200, body = Deletion)))]
pub async fn show(
    State(chat): State<Chat>,
    caller: Caller,
    Path(key): Path<UserKey>,
) -> Result<Json<Deletion>> {
    let id = chat.find_user_by_key(&caller, &key).await?;
    Ok(Json(chat.deletion(&caller, id).await?))
}
