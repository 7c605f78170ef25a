//! The routes of liveness, readiness and metrics.

use super::metrics::render;
use crate::{State, problem::ApiError};
use axum::{Json, Router, extract, response::IntoResponse, routing::get};
use chat::Chat;
use http::{StatusCode, header};
use model::ErrorCode;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the database may take to write what a readiness check asks for.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// Seconds for which an e-mail waits before readiness says so. It says no more, to whoever asks: a number would tell
/// strangers whether the mail that they have just asked for has somebody to go to.
const MAX_EMAIL_LAG: i64 = 600;

pub fn routes() -> Router<State> {
    Router::new()
        .route("/health", get(liveness))
        .route("/health/ready", get(readiness))
        .route("/metrics", get(metrics))
}

async fn liveness() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn readiness(extract::State(state): extract::State<State>) -> Result<Json<Value>, ApiError> {
    let unavailable = |detail| {
        ApiError::http(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Unavailable,
            detail,
        )
    };
    if state.shutdown.is_cancelled() {
        return Err(unavailable("The server is stopping."));
    }
    match tokio::time::timeout(DATABASE_TIMEOUT, state.chat.check_ready()).await {
        Ok(Ok(())) => Ok(Json(ready_body(&state.chat))),
        Ok(Err(error)) if error.is_read_only() => Err(unavailable("The database takes no writes.")),
        _ => Err(unavailable("The database does not answer.")),
    }
}

/// A node whose bus is down stays ready, because it gets the events of other nodes from the database.
/// An unready answer would take all nodes out of the load balancer at once.
fn ready_body(chat: &Chat) -> Value {
    let mut body =
        json!({ "status": "ok", "database": "ok", "searchLagChanges": chat.search_lag() });
    if let Some(bus) = chat.bus() {
        body["bus"] = if bus.is_up { "ok" } else { "down" }.into();
        body["otherNodes"] = bus.others.into();
    }
    if let Some(backlog) = chat.email_backlog() {
        let is_late = backlog.lag_seconds > MAX_EMAIL_LAG;
        body["emails"] = if is_late { "late" } else { "ok" }.into();
    }
    // Everything but files goes on, and other nodes have the same bucket.
    if let Some(answers) = chat.bucket_answers() {
        body["files"] = if answers { "ok" } else { "away" }.into();
    }
    let unheard = chat.unheard_nodes();
    if unheard > 0 {
        body["unheardNodes"] = unheard.into();
    }
    body
}

async fn metrics(extract::State(state): extract::State<State>) -> impl IntoResponse {
    let text = render(&state.chat);
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
}
