//! The endpoint of a document.

use crate::State;
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde_json::Value;

/// Answers with the document as JSON.
pub fn serve(document: &Value) -> MethodRouter<State> {
    let json = HeaderValue::from_static("application/json");
    let bytes = Bytes::from(document.to_string());
    get(async move || ([(header::CONTENT_TYPE, json)], bytes))
}
