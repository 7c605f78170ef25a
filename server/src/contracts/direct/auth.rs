//! Authentication: a token may also come in the cookie `session`, as the apps of this contract set it.
//! The origins of pages are checked before (`layers.rs`, `gateway/upgrade.rs`), so that no foreign page
//! uses the cookie.

use crate::{
    auth::cookie,
    gateway::{Handshake, NO_TOKEN, header_token, strip_bearer},
};
use axum::extract::Request;
use chat::{Caller, Chat, Error, Result};
use http::{HeaderMap, HeaderValue, header};
use std::borrow::Cow;

const COOKIE: &str = "session";

/// The token of the handshake; only without one, that of the cookie.
pub async fn authenticate(chat: &Chat, handshake: &Handshake<'_>, door: &str) -> Result<Caller> {
    let token = match handshake.token()? {
        Some(token) => token,
        None => {
            Cow::Owned(cookie(handshake.headers, COOKIE).ok_or(Error::Unauthenticated(NO_TOKEN))?)
        }
    };
    chat.authenticate_at(Some(door), strip_bearer(&token)).await
}

/// Moves the token of the cookie into the header `Authorization` of a request that has none.
pub async fn read_cookie(mut request: Request) -> Request {
    if let Some(token) = bearer(request.headers()) {
        request.headers_mut().insert(header::AUTHORIZATION, token);
    }
    request
}

fn bearer(headers: &HeaderMap) -> Option<HeaderValue> {
    if header_token(headers).is_some() {
        return None;
    }
    let token = cookie(headers, COOKIE)?;
    HeaderValue::try_from(format!("Bearer {}", strip_bearer(&token))).ok()
}
