//! Endpoints that register, sign in and sign out.

use crate::{
    api::prelude::*,
    device_cookie::{DeviceCookie, Transport},
};
use model::{Login, Register, SignedIn};
use serde::Deserialize;
use utoipa::ToSchema;

/// Creates an account and signs in.
///
/// The first account becomes the administrator. Ten registrations an hour from one network, which is an
/// IPv4 address or a /64 of IPv6, unless the settings say otherwise.
#[utoipa::path(post, path = "/auth/register", tag = "auth", operation_id = "register",
    request_body = Register,
    responses((status = 201, body = SignedIn), Conflict), security(()))]
pub async fn register(
    State(chat): State<Chat>,
    client: Client,
    Transport { secure }: Transport,
    Json(new): Json<Register>,
) -> Result<(StatusCode, DeviceCookie, Json<SignedIn>)> {
    let authenticated = chat.register(new, &client).await?;
    let device = DeviceCookie::new(&chat.device_cookie(&authenticated, &client)?, secure);
    let signed_in = chat.issue_tokens(authenticated, &client).await?;
    Ok((StatusCode::CREATED, device, Json(signed_in)))
}

/// Signs in with a username or an e-mail address.
///
/// The access token goes into `Authorization: Bearer …`; the refresh token gets the next pair of tokens. A client that
/// sends the cookie of this answer with its next sign-in is not refused because others have guessed.
#[utoipa::path(post, path = "/auth/login", tag = "auth", operation_id = "login", request_body = Login,
    responses((status = 200, body = SignedIn), Unauthenticated), security(()))]
pub async fn login(
    State(chat): State<Chat>,
    client: Client,
    Transport { secure }: Transport,
    Json(login): Json<Login>,
) -> Result<(DeviceCookie, Json<SignedIn>)> {
    let authenticated = chat.login(login, &client).await?;
    let device = DeviceCookie::new(&chat.device_cookie(&authenticated, &client)?, secure);
    let signed_in = chat.issue_tokens(authenticated, &client).await?;
    Ok((device, Json(signed_in)))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refresh {
    refresh_token: String,
}

/// Exchanges a refresh token for a new pair of tokens.
///
/// Each has one successor: using one again within a minute gets the same successor, for the case that the answer was
/// lost. Using one later, or after its successor was used, ends the session.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", operation_id = "refresh",
    request_body = Refresh,
    responses((status = 200, body = SignedIn), Unauthenticated), security(()))]
pub async fn refresh(
    State(chat): State<Chat>,
    Json(refresh): Json<Refresh>,
) -> Result<Json<SignedIn>> {
    Ok(Json(chat.refresh(&refresh.refresh_token).await?))
}

/// Signs out.
///
/// Ends the session of the request, and its sockets. A token that was made elsewhere has no session here, which is a
/// conflict.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", operation_id = "logout",
    responses((status = 204), Conflict))]
pub async fn logout(State(chat): State<Chat>, caller: Caller) -> Result<StatusCode> {
    chat.logout(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
