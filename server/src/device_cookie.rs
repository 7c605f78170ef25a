//! The cookie by which a client is known that has signed in before.

use crate::State;
use app::request_context;
use axum::{
    extract::FromRequestParts,
    response::{IntoResponseParts, ResponseParts},
};
use http::{HeaderValue, header, request::Parts};
use std::convert::Infallible;

/// Whether the client used HTTPS.
pub struct Transport {
    pub secure: bool,
}

/// A `Set-Cookie` of an answer.
pub struct DeviceCookie(Option<HeaderValue>);

impl DeviceCookie {
    pub fn new(value: &str, secure: bool) -> Self {
        let cookie = request_context::device_cookie(value, secure).to_string();
        Self(HeaderValue::from_str(&cookie).ok())
    }
}

impl FromRequestParts<State> for Transport {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        Ok(Self {
            secure: state.proxies.envelope_of_parts(parts).is_secure(),
        })
    }
}

impl IntoResponseParts for DeviceCookie {
    type Error = Infallible;

    fn into_response_parts(self, mut answer: ResponseParts) -> Result<ResponseParts, Infallible> {
        if let Some(cookie) = self.0 {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(answer)
    }
}
