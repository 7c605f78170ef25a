//! Late refusals: a network whose requests are refused again and again gets its answers late. A refusal costs the
//! server far more than the next try costs who makes it, and whoever tries one after another tries less often.

use crate::State;
use axum::{
    extract::{self, Request},
    middleware::Next,
    response::Response,
};
use std::time::Duration;

/// By how much a refusal is late. Times the connections of a network, it bounds what the network can try.
const DELAY: Duration = Duration::from_secs(2);

/// Delays the client errors (RFC 9110, 15.5) of a network that has had many of them lately. What is not refused is
/// never late. Without a limit of requests (`RATE_LIMIT`), nothing is.
pub async fn delay(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let Some(limiter) = state.request_limiter else {
        return next.run(request).await;
    };
    let client = state.proxies.envelope_of(&request).client;
    let response = next.run(request).await;
    let is_late = response.status().is_client_error()
        && client.is_some_and(|address| !limiter.may_refuse_at_once(address));
    if is_late {
        tokio::select! {
            () = tokio::time::sleep(DELAY) => {}
            () = state.shutdown.cancelled() => {}
        }
    }
    response
}
