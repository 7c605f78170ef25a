//! Middleware of the routers: headers, CORS, CSRF, timeouts, rate limits and panics.

use crate::{
    State,
    api::tus,
    auth,
    metered_body::MeteredBody,
    origin::{Access, Origins},
    problem::ApiError,
    rate_limit::RequestLimiter,
};
use axum::{
    body::Body,
    extract::{self, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chat::{Client, Error};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use model::ErrorCode;
use std::{any::Any, net::IpAddr, time::Duration};
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, Predicate, predicate::SizeAbove},
    cors::{AllowCredentials, AllowHeaders, AllowOrigin, CorsLayer},
};

/// Security headers, for responses that do not set them themselves.
const SECURITY_HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer`, a form would send `Origin: null`.
    (header::REFERRER_POLICY, "same-origin"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Of documents, which others may have opened. Files that are parts of a page have no use for it.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PARTS: [&str; 3] = ["text/css", "text/javascript", "application/wasm"];

pub async fn set_security_headers(mut response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !PARTS.iter().any(|part| kind.starts_with(part)) {
        let policy = response.headers_mut().entry(OPENER_POLICY);
        policy.or_insert(HeaderValue::from_static("same-origin"));
    }
    for (name, value) in SECURITY_HEADERS {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Lets pages of the allowed origins read responses. The answer names the origin of the request and
/// varies with it, also where every origin is allowed.
pub fn cors(state: &State) -> CorsLayer {
    let (one, other) = (state.clone(), state.clone());
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, parts| {
            let envelope = one.proxies.envelope_of_parts(parts);
            one.origins.allow(origin.as_bytes(), &envelope)
        }))
        .allow_credentials(AllowCredentials::predicate(move |origin, parts| {
            let envelope = other.proxies.envelope_of_parts(parts);
            other.origins.allow_cookies(origin.as_bytes(), &envelope)
        }))
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        // Contracts have headers of their own; access is decided by the origin alone.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(
            [header::RETRY_AFTER, HeaderName::from_static("x-request-id")]
                .into_iter()
                .chain(tus::EXPOSED)
                .collect::<Vec<_>>(),
        )
        .max_age(Duration::from_hours(1))
}

/// Names the headers that pages of other origins may read to these alone: the list is longer than many an answer.
pub async fn expose_to_other_origins(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
    }
    response
}

/// Bytes of an answer from which on it is compressed. Below, the headers take what is saved.
const MIN_COMPRESSED: u64 = 1024;

/// Of Brotli: a page is some 6 % smaller than at its default of 4, in as much time.
const COMPRESSION_LEVEL: i32 = 5;

/// Marks an answer that has a secret beside what others choose: its length after compression would tell, one
/// guess after another, what the secret is (BREACH).
#[derive(Clone, Copy)]
pub struct Uncompressed;

pub async fn keep_uncompressed(mut response: Response) -> Response {
    response.extensions_mut().insert(Uncompressed);
    response
}

/// Compresses texts for clients that take it. Files of the site are compressed when they are built.
pub fn compression() -> CompressionLayer<impl Predicate> {
    let is_text = |_: StatusCode, _: Version, headers: &HeaderMap, extensions: &Extensions| {
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next());
        extensions.get::<Uncompressed>().is_none()
            && matches!(
                kind,
                Some("text/html" | "application/json" | "application/problem+json")
            )
    };
    CompressionLayer::new()
        .quality(CompressionLevel::Precise(COMPRESSION_LEVEL))
        .compress_when(SizeAbove::new(MIN_COMPRESSED).and(is_text))
}

/// Lets every client take an answer as it is. One that refuses that, and every coding that is known here, would be
/// answered 406 by the compression, with what it has asked for done already. A server may disregard such a header
/// (RFC 9110, 12.1 and 12.5.3).
pub async fn accept_identity(mut request: Request) -> Request {
    let headers = request.headers_mut();
    if headers.contains_key(header::ACCEPT_ENCODING) && !accepts_identity(headers) {
        let given: Vec<_> = headers
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .cloned()
            .collect();
        // It is the last choice, and the first one of that name counts.
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity;q=0.001"),
        );
        for value in given {
            headers.append(header::ACCEPT_ENCODING, value);
        }
    }
    request
}

/// Whether the client says by name that it takes an answer as it is.
fn accepts_identity(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let codings = values.filter_map(|it| it.to_str().ok());
    codings.flat_map(|it| it.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused = weight.trim().bytes().any(|it| it.is_ascii_digit())
            && !weight.bytes().any(|it| matches!(it, b'1'..=b'9'));
        name.trim().eq_ignore_ascii_case("identity") && !is_refused
    })
}

/// Answers 429 to an address that makes more requests than the settings allow.
pub async fn limit_requests(
    extract::State(state): extract::State<State>,
    client: Client,
    request: Request,
    next: Next,
) -> Response {
    limit(&state, &client, RequestLimiter::check, request, next).await
}

/// Answers 429 to an address that gets more files than the settings allow.
pub async fn limit_files(
    extract::State(state): extract::State<State>,
    client: Client,
    request: Request,
    next: Next,
) -> Response {
    limit(&state, &client, RequestLimiter::check_file, request, next).await
}

async fn limit(
    state: &State,
    client: &Client,
    check: fn(&RequestLimiter, IpAddr) -> Result<(), Error>,
    request: Request,
    next: Next,
) -> Response {
    let checked = match (&state.request_limiter, client.address) {
        (Some(limiter), Some(address)) => check(limiter, address),
        _ => Ok(()),
    };
    match checked {
        Ok(()) => next.run(request).await,
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Rejects changes that a foreign page lets a user's browser send with its cookie (CSRF). A request
/// with a bearer token passes without its cookies, as does one of an origin that every site can send:
/// no handler sees them, and no answer sets any.
pub async fn reject_foreign_origins(
    extract::State(state): extract::State<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    // Whoever follows a link from another site is signed in.
    let is_navigation = request.method().is_safe() && !headers.contains_key(header::ORIGIN);
    if is_navigation {
        return next.run(request).await;
    }
    let envelope = state.proxies.envelope_of(&request);
    match state.origins.judge(headers, &envelope) {
        Access::Full => return next.run(request).await,
        // Without the headers of CORS, the page cannot read the answer.
        Access::None if request.method().is_safe() => return next.run(request).await,
        // A token proves who sends it. Browsers add credentials of other schemes by themselves.
        Access::None if auth::has_bearer(headers) => {}
        Access::None => {
            let reason = Origins::refusal(headers, &envelope);
            return ApiError::http(StatusCode::FORBIDDEN, ErrorCode::Forbidden, reason)
                .into_response();
        }
        Access::WithoutCookie => {}
    }
    request.headers_mut().remove(header::COOKIE);
    let mut response = next.run(request).await;
    response.headers_mut().remove(header::SET_COOKIE);
    response
}

/// Answers 503 to a request that takes longer than the setting `REQUEST_TIMEOUT`, or 408 if its body has
/// not arrived by then.
pub async fn time_out(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    // The verb gives up when nothing arrives, and keeps one piece in memory.
    if tus::brings_bytes(&request) {
        return next.run(request).await;
    }
    let limit = Duration::from_secs(state.config.request_timeout);
    let (parts, body) = request.into_parts();
    let body = MeteredBody::new(body, &state.receive_budget);
    let arrival = body.arrival();
    let request = Request::from_parts(parts, Body::new(body));
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) if !arrival.is_whole() => ApiError::http(
            StatusCode::REQUEST_TIMEOUT,
            ErrorCode::Unavailable,
            "The body of this request did not arrive in time. Send it again.",
        )
        .into_response(),
        Err(_) => ApiError::http(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Unavailable,
            "This took too long. Try again.",
        )
        .into_response(),
    }
}

/// The response to a request whose handler panicked. The panic hook logs the panic itself.
pub fn panic_response(_: Box<dyn Any + Send>) -> Response {
    ApiError::http(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Internal,
        "Something went wrong here. It has been written down.",
    )
    .into_response()
}
