//! The envelope of successful responses over REST: `{success, message, data, timestamp}`.

use crate::contracts::timestamp::iso;
use axum::Json;
use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// 200, with the data in the envelope.
pub fn ok(message: &str, data: &Value) -> (StatusCode, Json<Value>) {
    with_status(StatusCode::OK, message, data)
}

pub fn with_status(status: StatusCode, message: &str, data: &Value) -> (StatusCode, Json<Value>) {
    let body = json!({
        "success": true,
        "message": message,
        "data": data,
        "timestamp": iso(OffsetDateTime::now_utc()),
    });
    (status, Json(body))
}
