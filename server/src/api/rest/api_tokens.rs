//! Endpoints of the caller's tokens for programs.

use crate::api::prelude::*;
use model::{ApiToken, CreatedApiToken, NewPersonalToken, SessionId};

/// Lists the caller's personal access tokens that are good, the newest first.
///
/// Their secrets are not in it: nobody sees them after they were made.
#[utoipa::path(get, path = "/me/tokens", tag = "me", operation_id = "listTokens",
    params(PageRequest),
    responses((status = 200, body = Page<ApiToken>)))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<ApiToken>>> {
    Ok(Json(chat.api_tokens(&caller, &page).await?))
}

/// Makes a personal access token, for a program that acts as the caller.
///
/// With the password, and a code where the caller has two-factor authentication. The answer has the token, this one
/// time. `read` sees what the caller sees; `write` sends and changes messages; `manage` changes conversations and the
/// profile; `admin` does what administrators do. No token makes tokens or accounts, or changes a password, a second
/// factor, a session, an e-mail address or a role. A conflict for an account without a password, as users of apps have.
#[utoipa::path(post, path = "/me/tokens", tag = "me", operation_id = "createToken",
    request_body = NewPersonalToken,
    responses((status = 201, body = CreatedApiToken), Conflict, NotFound))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Json(new): Json<NewPersonalToken>,
) -> Result<(StatusCode, Json<CreatedApiToken>)> {
    let created = chat.create_api_token(&caller, new, &client).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Deletes a personal access token.
///
/// It is refused from now on, and its sockets are disconnected.
#[utoipa::path(delete, path = "/me/tokens/{id}", tag = "me", operation_id = "deleteToken",
    params(("id" = SessionId, Path)), responses((status = 204)))]
pub async fn delete(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<SessionId>,
) -> Result<StatusCode> {
    chat.delete_api_token(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
