//! The client of a request: its address, and its `User-Agent`.

use crate::{State, auth, envelope::Proxies};
use app::request_context::{DEVICE_COOKIE, remembered_cookie_name};
use axum::extract::FromRequestParts;
use chat::Client;
use http::{header, request::Parts};
use std::convert::Infallible;

/// Characters of a `User-Agent` that are kept for the list of sessions.
const MAX_USER_AGENT_LENGTH: usize = 300;

/// That of a request of the public API.
impl FromRequestParts<State> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        Ok(Client {
            door: Some("api"),
            ..from_parts(parts, &state.proxies)
        })
    }
}

/// The client that sent a request, by the head of the request: to a page, unless the caller knows better.
pub fn from_parts(parts: &Parts, proxies: &Proxies) -> Client {
    let envelope = proxies.envelope_of_parts(parts);
    let remembered = remembered_cookie_name(envelope.is_secure());
    Client {
        address: envelope.client,
        user_agent: parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|name| name.to_str().ok())
            .map(|name| name.chars().take(MAX_USER_AGENT_LENGTH).collect()),
        door: None,
        device: auth::cookie(&parts.headers, DEVICE_COOKIE),
        remembered: auth::cookie(&parts.headers, &remembered),
    }
}
