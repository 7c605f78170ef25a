//! Middleware that gives each request an id, a log entry and its metrics.

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

/// Bytes of a path that are logged. Anybody can ask for paths as long as the head of a request may be.
const MAX_LOGGED_PATH: usize = 256;

pub async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    let route = route(&request);
    let path = request.uri().path();
    let span =
        tracing::info_span!("request", %id, method = method_label(&method), path = logged(path));
    let is_probe = is_probe(&method, path);

    let in_flight = InFlightGuard::new();
    let mut response = next.run(request).instrument(span.clone()).await;
    drop(in_flight);

    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    span.in_scope(|| {
        if is_probe {
            tracing::debug!(status, ?elapsed, "answered");
        } else {
            tracing::info!(status, ?elapsed, "answered");
        }
    });
    histogram!(REQUEST_SECONDS, "method" => method_label(&method), "route" => route, "status" => status.to_string())
        .record(elapsed);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Counts a request while it exists, also when the client goes away and the handler is dropped.
struct InFlightGuard;

impl InFlightGuard {
    fn new() -> Self {
        gauge!(REQUESTS_IN_FLIGHT).increment(1);
        Self
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        gauge!(REQUESTS_IN_FLIGHT).decrement(1);
    }
}

/// Addresses whose path goes on with a secret, which no log has.
const SECRET_PATHS: [&str; 4] = ["/reset/", "/invite/", "/confirm-email/", "/hooks/"];

/// The beginning of a path.
fn logged(path: &str) -> &str {
    if let Some(prefix) = SECRET_PATHS
        .iter()
        .find(|prefix| path.starts_with(**prefix))
    {
        return prefix;
    }
    &path[..path.floor_char_boundary(MAX_LOGGED_PATH)]
}

/// The id that the client or a proxy gave, if it is short and of safe characters; else a new one.
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

/// The pattern of the path. As a label, the path itself would have any number of values.
fn route(request: &Request) -> String {
    match request.extensions().get::<MatchedPath>() {
        Some(path) => path.as_str().to_owned(),
        None if request.uri().path().starts_with("/socket.io") => "/socket.io".to_owned(),
        None => "other".to_owned(),
    }
}

/// The method as a label: clients may send any word as a method.
fn method_label(method: &Method) -> &'static str {
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

/// Whether programs repeat such requests all the time, so that they are logged at `debug`.
fn is_probe(method: &Method, path: &str) -> bool {
    method.is_safe()
        && ["/health", "/metrics", "/pkg/", "/vendor/", "/socket.io"]
            .iter()
            .any(|prefix| path.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::{MAX_LOGGED_PATH, logged, method_label};
    use http::Method;

    #[test]
    fn what_anybody_asks_for_is_logged_as_far_as_it_is_short() {
        assert_eq!(logged("/chat"), "/chat");
        assert_eq!(logged(&"/x".repeat(20_000)).len(), MAX_LOGGED_PATH);
        let odd = format!("/{}", "é".repeat(500));
        assert_eq!(logged(&odd).len(), MAX_LOGGED_PATH - 1);
        let method = Method::from_bytes("M".repeat(20_000).as_bytes()).unwrap();
        assert_eq!(method_label(&method), "other");
    }
}
