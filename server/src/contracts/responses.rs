//! Responses and errors of REST that several contracts share.

use super::input::Input;
use crate::problem::ApiError;
use axum::Json;
use chat::{OffsetPageRequest, Result};
use http::StatusCode;
use model::ErrorCode;
use serde_json::{Value, json};

/// The result of a handler that answers 200.
pub type JsonResult = Result<Json<Value>, ApiError>;

/// The result of a handler with a status of its own.
pub type StatusResult = Result<(StatusCode, Json<Value>), ApiError>;

/// 201, or 200 for a retry that returns what an earlier request has created.
pub fn created_status(existed: bool) -> StatusCode {
    if existed {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    }
}

/// `{success, message}`.
pub fn done(message: &str) -> Json<Value> {
    Json(json!({ "success": true, "message": message }))
}

/// The page that the fields `page` (from 1, which is the default) and `limit` ask for.
pub fn page_request(input: &Input, limit: i64) -> Result<OffsetPageRequest> {
    Ok(OffsetPageRequest {
        page: input.integer("page")?.unwrap_or(1),
        limit: input.integer("limit")?.unwrap_or(limit),
        newest_first_pages: false,
    })
}

pub fn bad_request(detail: &'static str) -> ApiError {
    ApiError::http(StatusCode::BAD_REQUEST, ErrorCode::Invalid, detail)
}

pub fn not_found(detail: &'static str) -> ApiError {
    ApiError::http(StatusCode::NOT_FOUND, ErrorCode::NotFound, detail)
}
