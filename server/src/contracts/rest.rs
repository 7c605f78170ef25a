//! The router of a contract: its routes and sockets behind the layers that all contracts share, and
//! errors rewritten into the contract's error body.

use super::user_ids::{self, FillUserIds};
use crate::{
    State,
    layers::{self, limit_requests},
    problem::ApiError,
};
use axum::{
    Router,
    body::Body,
    extract::DefaultBodyLimit,
    middleware::{from_fn_with_state, map_response},
    response::Response,
};
use chat::{Error, IdKind};
use http::{HeaderValue, StatusCode, header};
use model::{ErrorCode, Problem};
use serde_json::Value;
use std::{future::ready, sync::Arc};
use tower_http::catch_panic::CatchPanicLayer;

/// The longest body of a request, in bytes: room for the longest message and its metadata. A longer
/// one is answered with 413.
const MAX_BODY: usize = 256 * 1024;

/// The body of an error response in the words of a contract.
pub type ErrorBody = fn(&Problem) -> Value;

pub fn router(
    routes: Router<State>,
    sockets: Router<State>,
    error_body: ErrorBody,
    (kind, door): (IdKind, &'static str),
    state: &State,
) -> Router<State> {
    let context = FillUserIds {
        state: state.clone(),
        kind,
        door,
    };
    routes
        .layer(from_fn_with_state(context, user_ids::fill))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(unknown_path)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(state.clone(), limit_requests))
        .layer(from_fn_with_state(state.clone(), layers::time_out))
        .layer(from_fn_with_state(
            state.clone(),
            layers::reject_foreign_origins,
        ))
        // The gateway looks at origins itself, and answers in the words of Engine.IO.
        .merge(sockets)
        .layer(CatchPanicLayer::custom(layers::panic_response))
        .layer(map_response(move |response| {
            ready(rewrite_error(response, error_body))
        }))
}

/// Replaces the body of an error response, whichever layer or handler made it.
fn rewrite_error(response: Response, error_body: ErrorBody) -> Response {
    let Some(problem) = response.extensions().get::<Arc<Problem>>().cloned() else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    // No contract documents 422.
    if parts.status == StatusCode::UNPROCESSABLE_ENTITY {
        parts.status = StatusCode::BAD_REQUEST;
    }
    let problem = Problem {
        status: parts.status.as_u16(),
        ..(*problem).clone()
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let json = HeaderValue::from_static("application/json");
    parts.headers.insert(header::CONTENT_TYPE, json);
    Response::from_parts(parts, Body::from(error_body(&problem).to_string()))
}

async fn unknown_path() -> ApiError {
    Error::NotFound("address").into()
}

async fn method_not_allowed() -> ApiError {
    ApiError::http(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::Invalid,
        "This address does not take this method.",
    )
}
