//! The binding to the requests of `network.js`. `wasm_bindgen` expands to unsafe code.
#![allow(unsafe_code)]

use crate::client::response::Response;
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/src/client/browser/network.js")]
extern "C" {
    #[wasm_bindgen(js_name = request)]
    fn start(
        method: &str,
        url: &str,
        headers: &str,
        body: Option<String>,
        timeout_ms: u32,
    ) -> Promise;
}

/// Sends a request with headers that are a JSON object. `None` when the server could not be reached, or the
/// response broke off, or took longer than `timeout_ms`, if that is not 0.
pub async fn request(
    method: &str,
    url: &str,
    headers: &str,
    body: Option<String>,
    timeout_ms: u32,
) -> Option<Response> {
    let answer = JsFuture::from(start(method, url, headers, body, timeout_ms));
    let answer: Array = answer.await.ok()?.unchecked_into();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an HTTP status"
    )]
    let status = answer.get(0).as_f64()? as u16;
    let retry_after = answer.get(1).as_string();
    Some(Response {
        status,
        retry_after: retry_after.and_then(|seconds| seconds.parse().ok()),
        body: answer.get(2).as_string()?,
    })
}
