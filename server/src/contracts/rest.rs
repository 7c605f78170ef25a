//! What REST of all contracts shares: who calls, how a refusal is put into a door's words, health.

use super::NO_TOKEN;
use crate::{
    State, auth, gateway,
    layers::{self, limit_requests},
    problem::ApiError,
};
use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRequestParts},
    middleware::{from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use chat::{Caller, Error};
use http::{StatusCode, header, request::Parts};
use model::{ErrorCode, Problem};
use serde_json::{Value, json};
use std::{future::ready, sync::Arc, time::Duration};
use time::OffsetDateTime;
use tower_http::catch_panic::CatchPanicLayer;

/// A message, its metadata and some air.
const BODY_LIMIT: usize = 256 * 1024;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who calls, by the token in `Authorization`. The `Bearer ` before it is optional: some clients
/// of the contracts leave it away.
pub struct Signed(pub Caller);

impl FromRequestParts<State> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let token = token(parts)?;
        Ok(Self(
            state
                .chat
                .authenticate(gateway::strip_bearer(token))
                .await?,
        ))
    }
}

/// Who calls, where the contract insists on `Bearer `.
pub struct Bearer(pub Caller);

impl FromRequestParts<State> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        token(parts)?;
        Ok(Self(auth::caller(&state.chat, &parts.headers).await?))
    }
}

fn token(parts: &Parts) -> Result<&str, ApiError> {
    let header = parts.headers.get(header::AUTHORIZATION);
    let token = header.and_then(|value| value.to_str().ok());
    let token = token.filter(|token| !token.trim().is_empty());
    Ok(token.ok_or(Error::Unauthenticated(NO_TOKEN))?)
}

/// How a door says that something was refused, as the body of the answer.
pub type Words = fn(&Problem) -> Value;

/// The routes of a door and its sockets, behind all that stands before every address.
pub fn serve(
    routes: Router<State>,
    sockets: Router<State>,
    words: Words,
    state: &State,
) -> Router<State> {
    routes
        .method_not_allowed_fallback(wrong_method)
        .fallback(unknown_address)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(state.clone(), limit_requests))
        .layer(from_fn_with_state(state.clone(), layers::limit_time))
        .merge(sockets)
        .layer(CatchPanicLayer::custom(layers::answer_panic))
        .layer(from_fn_with_state(
            state.clone(),
            layers::refuse_foreign_pages,
        ))
        .layer(map_response(move |response| ready(reword(response, words))))
}

/// Puts a problem, whoever told it, into the words of the door.
fn reword(response: Response, words: Words) -> Response {
    let Some(problem) = response.extensions().get::<Arc<Problem>>().cloned() else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    // None of the contracts knows 422.
    if parts.status == StatusCode::UNPROCESSABLE_ENTITY {
        parts.status = StatusCode::BAD_REQUEST;
    }
    let problem = Problem {
        status: parts.status.as_u16(),
        ..(*problem).clone()
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let json = http::HeaderValue::from_static("application/json");
    parts.headers.insert(header::CONTENT_TYPE, json);
    Response::from_parts(parts, Body::from(words(&problem).to_string()))
}

async fn unknown_address() -> ApiError {
    Error::NotFound("address").into()
}

async fn wrong_method() -> ApiError {
    ApiError::http(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::Invalid,
        "This address does not take this method.",
    )
}

/// `GET /health` of a door; `features` are its own.
pub fn health(connections: gateway::ConnectionCount, features: Value) -> Router<State> {
    let answer = async move |axum::extract::State(state): axum::extract::State<State>| {
        let asked = tokio::time::timeout(PATIENCE, state.chat.check_ready()).await;
        let is_up = matches!(asked, Ok(Ok(())));
        let status = if is_up {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        let body = json!({
            "status": if is_up { "ok" } else { "unavailable" },
            "timestamp": super::iso(OffsetDateTime::now_utc()),
            "features": features,
            "socketio": { "connections": connections.count() },
            "database": if is_up { "up" } else { "down" },
        });
        (status, Json(body)).into_response()
    };
    Router::new().route("/health", get(answer))
}
