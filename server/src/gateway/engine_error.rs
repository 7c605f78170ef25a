//! Errors of Engine.IO over HTTP, as Node's server answers them: a number and a message in JSON.

use axum::{
    body::{Body, to_bytes},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

/// Bytes of the engine's answer to a request that it refuses: a number and a few words.
const MAX_ANSWER_BYTES: usize = 1024;

/// Seconds after which a client may try a server that is stopping again: then another may have its
/// address.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineError {
    UnknownTransport,
    UnknownSession,
    BadHandshakeMethod,
    BadRequest,
    /// The page's origin may not open sockets here.
    Forbidden,
    UnsupportedProtocolVersion,
    /// The handshake of a WebSocket has another `Sec-WebSocket-Version` than 13 (RFC 6455, 4.4).
    UnsupportedWebSocketVersion,
    /// Parlance's own, with the number of a bad request: Node's server answers nothing while it stops.
    Stopping,
    /// A body of more than `MAX_FRAME_BYTES`, or of `MAX_STRANGER_BYTES` before a namespace is joined.
    TooLarge,
    /// A body that did not arrive in time.
    TooSlow,
    /// The network has opened too many connections, or has too many; after so many seconds it may try
    /// again.
    TooMany {
        retry_after: u64,
    },
}

impl EngineError {
    fn code(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSession => 1,
            Self::BadHandshakeMethod => 2,
            Self::BadRequest
            | Self::UnsupportedWebSocketVersion
            | Self::Stopping
            | Self::TooLarge
            | Self::TooSlow
            | Self::TooMany { .. } => 3,
            Self::Forbidden => 4,
            Self::UnsupportedProtocolVersion => 5,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::UnknownTransport => "Transport unknown",
            Self::UnknownSession => "Session ID unknown",
            Self::BadHandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden => "Forbidden",
            Self::UnsupportedWebSocketVersion => "Unsupported WebSocket version",
            Self::UnsupportedProtocolVersion => "Unsupported protocol version",
            Self::Stopping => "The server is stopping. Try again.",
            Self::TooLarge => "Payload too large",
            Self::TooSlow => "The payload did not arrive in time",
            Self::TooMany { .. } => "Too many connections of this network. Try again.",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::UnsupportedWebSocketVersion => StatusCode::UPGRADE_REQUIRED,
            Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The error in an answer of engineioxide, whose codes are strings (`{"code":"1"}`) and which
    /// answers some errors with a status alone.
    pub async fn of_engine(answer: Response<Body>) -> Self {
        if answer.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::TooLarge;
        }
        let Ok(body) = to_bytes(answer.into_body(), MAX_ANSWER_BYTES).await else {
            return Self::BadRequest;
        };
        match serde_json::from_slice::<EngineAnswer>(&body).as_ref() {
            Ok(EngineAnswer { code: "0" }) => Self::UnknownTransport,
            Ok(EngineAnswer { code: "1" }) => Self::UnknownSession,
            Ok(EngineAnswer { code: "2" }) => Self::BadHandshakeMethod,
            Ok(EngineAnswer { code: "5" }) => Self::UnsupportedProtocolVersion,
            Ok(_) | Err(_) => Self::BadRequest,
        }
    }
}

/// The body of the engine's errors.
#[derive(Deserialize)]
struct EngineAnswer<'a> {
    code: &'a str,
}

impl IntoResponse for EngineError {
    fn into_response(self) -> Response {
        self.with_message(self.message())
    }
}

impl EngineError {
    /// The answer in other words.
    pub fn with_message(self, message: &str) -> Response {
        let body = json!({ "code": self.code(), "message": message }).to_string();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::UnsupportedWebSocketVersion => headers.insert(
                header::SEC_WEBSOCKET_VERSION,
                HeaderValue::from_static("13"),
            ),
            Self::Stopping | Self::TooSlow => headers.insert(header::RETRY_AFTER, RETRY_AFTER),
            Self::TooMany { retry_after } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after))
            }
            _ => None,
        };
        response
    }
}
