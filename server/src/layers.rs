//! What every request passes through, whichever address it asks for.

use crate::{State, origin::Origins, problem::ApiError};
use axum::{
    extract::{self, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chat::Error;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use model::ErrorCode;
use std::{any::Any, sync::Arc, time::Duration};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// For answers that set none themselves.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: a form would then send `Origin: null`.
    (header::REFERRER_POLICY, "same-origin"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

pub async fn secure(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Pages of the allowed origins may read what they ask for.
pub fn cors(origins: Arc<Origins>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            origins.names(origin.as_bytes())
        }))
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        // Contracts have headers of their own; it is the origin that decides.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([header::RETRY_AFTER, HeaderName::from_static("x-request-id")])
        .max_age(Duration::from_hours(1))
}

/// Refuses what a foreign page asks a person's browser to do. Whoever sends a token needs no
/// cookie, and a foreign page has no token.
pub async fn refuse_foreign_pages(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if request.method().is_safe()
        || headers.contains_key(header::AUTHORIZATION)
        || state.origins.allow(headers)
    {
        return next.run(request).await;
    }
    ApiError::from(Error::Forbidden("Pages of this origin may not do this.")).into_response()
}

/// Gives up on what takes too long.
pub async fn limit_time(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let limit = Duration::from_secs(state.config.request_timeout);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::http(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Unavailable,
            "This took too long. Try again.",
        )
        .into_response(),
    }
}

/// The answer where there would be none. The panic itself is logged where it happens.
pub fn answer_panic(_: Box<dyn Any + Send>) -> Response {
    ApiError::http(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Internal,
        "Something went wrong here. It has been written down.",
    )
    .into_response()
}
