//! Each request: its id, its line in the log, its place in the figures.

use super::metrics::{REQUEST_SECONDS, REQUESTS_IN_FLIGHT};
use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use metrics::{gauge, histogram};
use std::time::Instant;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let route = route(&request);
    let path = request.uri().path();
    let span = tracing::info_span!("request", %id, %method, path);
    let quiet = is_quiet(&method, path);

    let in_flight = InFlight::new();
    let mut response = next.run(request).instrument(span.clone()).await;
    drop(in_flight);

    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    span.in_scope(|| {
        if quiet {
            tracing::debug!(status, ?elapsed, "answered");
        } else {
            tracing::info!(status, ?elapsed, "answered");
        }
    });
    histogram!(REQUEST_SECONDS, "method" => known(&method), "route" => route, "status" => status.to_string())
        .record(elapsed);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Counted back even when the client goes away in the middle.
struct InFlight;

impl InFlight {
    fn new() -> Self {
        gauge!(REQUESTS_IN_FLIGHT).increment(1);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!(REQUESTS_IN_FLIGHT).decrement(1);
    }
}

/// The client's or a proxy's, if it is one that a log can bear; else a new one.
fn request_id(headers: &HeaderMap) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(|id| (1..=64).contains(&id.len()))
        .filter(|id| {
            id.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
        .map_or_else(|| format!("{:016x}", rand::random::<u64>()), str::to_owned)
}

/// The pattern of the address, not the address: there are few of them.
fn route(request: &Request) -> String {
    match request.extensions().get::<MatchedPath>() {
        Some(path) => path.as_str().to_owned(),
        None if request.uri().path().starts_with("/socket.io") => "/socket.io".to_owned(),
        None => "other".to_owned(),
    }
}

/// Anybody may invent a method.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// What machines ask for again and again.
fn is_quiet(method: &Method, path: &str) -> bool {
    method.is_safe()
        && ["/health", "/metrics", "/pkg/", "/vendor/", "/socket.io"]
            .iter()
            .any(|prefix| path.starts_with(prefix))
}
