//! Endpoints of bots and their tokens, for administrators.

use crate::api::prelude::*;
use model::{ApiToken, Bot, CreatedApiToken, NewBot, NewBotToken, SessionId, UserId};

/// Lists the bots, the oldest first.
///
/// For administrators.
#[utoipa::path(get, path = "/bots", tag = "bots", operation_id = "listBots",
    params(PageRequest),
    responses((status = 200, body = Page<Bot>), Forbidden))]
pub async fn index(
    State(chat): State<Chat>,
    caller: Caller,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<Bot>>> {
    Ok(Json(chat.bots(&caller, &page).await?))
}

/// Makes a bot.
///
/// For administrators. It is a user that nobody signs in as, and that has tokens. The caller answers for it. It is
/// blocked as other users are.
#[utoipa::path(post, path = "/bots", tag = "bots", operation_id = "createBot",
    request_body = NewBot,
    responses((status = 201, body = Bot), Conflict))]
pub async fn create(
    State(chat): State<Chat>,
    caller: Caller,
    Json(new): Json<NewBot>,
) -> Result<(StatusCode, Json<Bot>)> {
    let bot = chat.create_bot(&caller, new).await?;
    Ok((StatusCode::CREATED, Json(bot)))
}

/// Lists the tokens of a bot that are good, the newest first.
///
/// For administrators. Their secrets are not in it.
#[utoipa::path(get, path = "/bots/{id}/tokens", tag = "bots", operation_id = "listBotTokens",
    params(("id" = UserId, Path), PageRequest),
    responses((status = 200, body = Page<ApiToken>), Forbidden))]
pub async fn tokens(
    State(chat): State<Chat>,
    caller: Caller,
    Path(id): Path<UserId>,
    Query(page): Query<PageRequest>,
) -> Result<Json<Page<ApiToken>>> {
    Ok(Json(chat.bot_tokens(&caller, id, &page).await?))
}

/// Makes a token of a bot.
///
/// For administrators, with their own password, and a code where they have two-factor authentication. The answer has the
/// token, this one time.
#[utoipa::path(post, path = "/bots/{id}/tokens", tag = "bots", operation_id = "createBotToken",
    params(("id" = UserId, Path)), request_body = NewBotToken,
    responses((status = 201, body = CreatedApiToken), Conflict))]
pub async fn create_token(
    State(chat): State<Chat>,
    caller: Caller,
    client: Client,
    Path(id): Path<UserId>,
    Json(new): Json<NewBotToken>,
) -> Result<(StatusCode, Json<CreatedApiToken>)> {
    let created = chat.create_bot_token(&caller, id, new, &client).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Deletes a token of a bot.
///
/// For administrators. It is refused from now on, and its sockets are disconnected.
#[utoipa::path(delete, path = "/bots/{id}/tokens/{tokenId}", tag = "bots", operation_id = "deleteBotToken",
    params(("id" = UserId, Path), ("tokenId" = SessionId, Path)), responses((status = 204)))]
pub async fn delete_token(
    State(chat): State<Chat>,
    caller: Caller,
    Path((id, token_id)): Path<(UserId, SessionId)>,
) -> Result<StatusCode> {
    chat.delete_bot_token(&caller, id, token_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
