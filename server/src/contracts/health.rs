//! `GET /health` of a contract.

use super::timestamp::iso;
use crate::{State, gateway::ConnectionCount};
use axum::{Json, Router, extract, routing::get};
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::time::Duration;
use time::OffsetDateTime;

/// A database that does not answer within this time counts as down.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// Answers 200 or 503 with `{status, timestamp, features, socketio, database}`.
pub fn routes(connections: ConnectionCount, features: &[&'static str]) -> Router<State> {
    let features: Map<String, Value> = features
        .iter()
        .map(|name| ((*name).to_owned(), true.into()))
        .collect();
    let answer = async move |extract::State(state): extract::State<State>| {
        let ready = tokio::time::timeout(READY_TIMEOUT, state.chat.check_ready()).await;
        let (status, text, database) = if matches!(ready, Ok(Ok(()))) {
            (StatusCode::OK, "ok", "up")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "down")
        };
        let body = json!({
            "status": text,
            "timestamp": iso(OffsetDateTime::now_utc()),
            "features": features,
            "socketio": { "connections": connections.count() },
            "database": database,
        });
        (status, Json(body))
    };
    Router::new().route("/health", get(answer))
}
