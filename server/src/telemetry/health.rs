//! Whether the server is alive, whether it can serve, and its figures.

use super::metrics;
use crate::{State, problem::ApiError};
use axum::{Json, Router, extract, response::IntoResponse, routing::get};
use chat::Chat;
use http::{StatusCode, header};
use model::ErrorCode;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

pub fn routes() -> Router<State> {
    Router::new()
        .route("/health", get(alive))
        .route("/health/ready", get(ready))
        .route("/metrics", get(figures))
}

async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn ready(extract::State(state): extract::State<State>) -> Result<Json<Value>, ApiError> {
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
    match tokio::time::timeout(PATIENCE, state.chat.check_ready()).await {
        Ok(Ok(())) => Ok(Json(ready_body(&state.chat))),
        _ => Err(unavailable("The database does not answer.")),
    }
}

/// A node whose bus is down still serves, and hears the others through the database: taking it out
/// would take them all out.
fn ready_body(chat: &Chat) -> Value {
    let mut body = json!({ "status": "ok", "database": "ok" });
    if let Some(bus) = chat.bus() {
        body["bus"] = if bus.is_up { "ok" } else { "down" }.into();
        body["otherNodes"] = bus.others.into();
    }
    body
}

async fn figures(extract::State(state): extract::State<State>) -> impl IntoResponse {
    let text = metrics::render(&state.chat);
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
}
