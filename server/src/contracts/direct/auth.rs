//! Authentication: a token may also come in the cookie `session`, as the apps of this contract set it.
//! The origins of pages are checked before (`layers.rs`, `gateway/upgrade.rs`), so that no foreign page
//! uses the cookie.

use crate::{
    auth::cookie,
    gateway::{Handshake, NO_TOKEN, header_token, strip_bearer},
};
use axum::extract::Request;
use chat::{Authentication, Chat, Error, Result};
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

const COOKIE: &str = "session";

/// The token of the handshake; only without one, that of the cookie.
pub async fn authenticate(
    chat: &Chat,
    handshake: &Handshake<'_>,
    door: &str,
) -> Result<Authentication> {
    let token = match handshake.token()? {
        Some(token) => token,
        None => {
            Cow::Owned(token_cookie(handshake.headers).ok_or(Error::Unauthenticated(NO_TOKEN))?)
        }
    };
    chat.authenticate_token(Some(door), strip_bearer(&token))
        .await
}

/// Moves the token of the cookie into the header `Authorization` of a request that has none.
pub async fn read_cookie(mut request: Request) -> Request {
    if let Some(token) = bearer(request.headers()) {
        request.headers_mut().insert(header::AUTHORIZATION, token);
    }
    request
}

/// The token in the cookie. Cookies have no encoding of their own (RFC 6265, 4.1.1); Express, with which
/// the apps of this contract set them, percent-encodes them, and a token has no `%` otherwise.
fn token_cookie(headers: &HeaderMap) -> Option<String> {
    let value = cookie(headers, COOKIE)?;
    let decoded = percent_decode_str(&value).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

fn bearer(headers: &HeaderMap) -> Option<HeaderValue> {
    if header_token(headers).is_some() {
        return None;
    }
    let token = token_cookie(headers)?;
    HeaderValue::try_from(format!("Bearer {}", strip_bearer(&token))).ok()
}
