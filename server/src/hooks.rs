//! Incoming webhooks: `POST /hooks/<id>/<secret>`, in the format and in the words of Slack, so that what sends to Slack
//! sends here.

mod blocks;
mod markdown;
mod payload;

use crate::{State, layers::limit_requests, problem::ApiError};
use axum::{
    Router,
    body::Bytes,
    extract::{self, DefaultBodyLimit, FromRequest, Path, Request},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::post,
};
use chat::Error;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use model::WebhookId;
use payload::PayloadError;

/// Bytes of a payload. It becomes a message of 10,000 characters at most.
const BODY_LIMIT: usize = 128 * 1024;

/// The header by which a sender that tries again sends once.
const KEY: &str = "idempotency-key";

pub fn router(state: &State) -> Router<State> {
    Router::new()
        .route("/hooks/{id}/{secret}", post(receive))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(state.clone(), limit_requests))
}

/// Why a payload was not sent, in Slack's words.
#[derive(Debug)]
enum Refusal {
    Payload(PayloadError),
    TooLarge,
    Key,
    Chat(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Chat(error)
    }
}

impl From<PayloadError> for Refusal {
    fn from(error: PayloadError) -> Self {
        Self::Payload(error)
    }
}

/// The body is read after the address has proved to be good, and has been counted: strangers bring none.
async fn receive(
    extract::State(state): extract::State<State>,
    Path((id, secret)): Path<(String, String)>,
    request: Request,
) -> Result<&'static str, Refusal> {
    let id: WebhookId = id.parse().map_err(|_| Error::NotFound("webhook"))?;
    let webhook = state.chat.open_webhook(id, &secret).await?;
    state.chat.count_webhook_request(&webhook)?;
    let key = key_of(request.headers())?;
    let headers = request.headers().clone();
    let body = Bytes::from_request(request, &state)
        .await
        .map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
            _ => Refusal::Payload(PayloadError::Invalid),
        })?;
    let text = payload::to_markdown(&headers, &body)?;
    state.chat.send_by_webhook(&webhook, &text, key).await?;
    Ok("ok")
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    match headers.get(KEY).map(|key| str::from_utf8(key.as_bytes())) {
        None => Ok(None),
        Some(Ok(key)) if !key.is_empty() => Ok(Some(key.to_owned())),
        Some(_) => Err(Refusal::Key),
    }
}

impl Refusal {
    fn status_and_word(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Payload(PayloadError::Invalid) => (StatusCode::BAD_REQUEST, "invalid_payload"),
            Self::Payload(PayloadError::NoText) => (StatusCode::BAD_REQUEST, "no_text"),
            Self::Payload(PayloadError::TooManyAttachments) => {
                (StatusCode::BAD_REQUEST, "too_many_attachments")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "msg_too_long"),
            Self::Key => (StatusCode::BAD_REQUEST, "invalid_idempotency_key"),
            Self::Chat(error) => match error {
                Error::NotFound(_) | Error::Unauthenticated(_) => {
                    (StatusCode::NOT_FOUND, "no_service")
                }
                Error::Forbidden(_) => (StatusCode::FORBIDDEN, "action_prohibited"),
                Error::Invalid(faults) if faults.iter().any(|it| it.field == "clientId") => {
                    (StatusCode::BAD_REQUEST, "invalid_idempotency_key")
                }
                // A body of which nothing would be seen.
                Error::Invalid(_) => (StatusCode::BAD_REQUEST, "no_text"),
                Error::Conflict(_) => (StatusCode::CONFLICT, "idempotency_key_reused"),
                Error::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
                error if error.may_pass() => (StatusCode::SERVICE_UNAVAILABLE, "rollup_error"),
                _ => (StatusCode::INTERNAL_SERVER_ERROR, "rollup_error"),
            },
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, word) = self.status_and_word();
        let mut response = (status, word).into_response();
        if let Self::Chat(error) = self {
            let error = ApiError::from(error);
            error.log();
            if let Some(seconds) = error.retry_after() {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
        }
        response
    }
}
