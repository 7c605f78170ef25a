//! Authentication: a handshake names the user id beside the token, and a request may name a tenant.

use crate::{
    State,
    contracts::auth::BearerAuth,
    gateway::{Handshake, NO_TOKEN},
    problem::ApiError,
};
use axum::extract::FromRequestParts;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chat::{Authentication, Caller, Chat, Error, Result};
use http::{header, request::Parts};

const NO_USER: &str = "There is no user id.";
const NO_SCHEME: &str = "The token does not begin with `Bearer `.";
const OTHER_USER: &str = "The token is somebody else's.";

const TENANT: &str = "x-tenant-tag";

pub async fn authenticate(
    chat: &Chat,
    door: &str,
    handshake: &Handshake<'_>,
) -> Result<Authentication> {
    let token = handshake.token()?.ok_or(Error::Unauthenticated(NO_TOKEN))?;
    let user_id = handshake
        .named("userId")
        .ok_or(Error::Unauthenticated(NO_USER))?;
    let token = token.trim();
    let token = token
        .strip_prefix("Bearer")
        .filter(|token| token.starts_with(char::is_whitespace))
        // Encoded twice, by clients that encode what their library encodes again.
        .or_else(|| token.strip_prefix("Bearer%20"))
        .ok_or(Error::Unauthenticated(NO_SCHEME))?;
    let authentication = chat
        .authenticate_token(Some(door), token.trim_start())
        .await?;
    if authentication.subject == user_id {
        Ok(authentication)
    } else {
        Err(Error::Unauthenticated(OTHER_USER))
    }
}

/// The message of a `connect_error`.
pub fn connect_error(error: &Error) -> String {
    let reason = match error {
        Error::Unauthenticated(NO_TOKEN) => "token is required",
        Error::Unauthenticated(NO_USER) => "userId is required",
        Error::Unauthenticated(NO_SCHEME) => "token must start with Bearer",
        Error::Unauthenticated(OTHER_USER) => "userId does not match the token",
        Error::Unauthenticated(_) => "invalid or expired token",
        other => return format!("Authentication error: {other}"),
    };
    format!("Authentication error: {reason}")
}

/// The caller of a request. There are no tenants here, but a request whose header names another
/// tenant than its token is refused.
pub struct TenantAuth {
    pub chat: Chat,
    pub caller: Caller,
}

impl FromRequestParts<State> for TenantAuth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let BearerAuth { chat, caller } = BearerAuth::from_request_parts(parts, state).await?;
        let header = |name: &str| parts.headers.get(name).and_then(|it| it.to_str().ok());
        let token = header(header::AUTHORIZATION.as_str()).unwrap_or_default();
        match (header(TENANT), tenant(token)) {
            (Some(named), Some(own)) if named != own => {
                Err(Error::Forbidden("The token is another tenant's.").into())
            }
            _ => Ok(Self { chat, caller }),
        }
    }
}

/// The claim `tenant` of a token that has been verified.
fn tenant(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims = chat::parse_readable(&claims)?;
    claims["tenant"].as_str().map(str::to_owned)
}
