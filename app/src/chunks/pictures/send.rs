//! Sending and removing a picture by the public API.

use crate::{
    client::{
        ChatClient,
        object::{call, construct, get, global, set},
        settle,
    },
    error::AppError,
    json,
};
use leptos::prelude::window;
use model::Picture;
use wasm_bindgen::JsValue;

/// Sends a blob to a path of the public API. Its answer has the address of the picture.
pub async fn send_picture(
    client: ChatClient,
    path: &str,
    blob: &JsValue,
) -> Result<Picture, AppError> {
    let body = try_send(client, path, blob)
        .await
        .map_err(|_| AppError::unreachable())?;
    let (is_done, body) = body;
    if is_done {
        json::read(&body).ok_or_else(AppError::unreachable)
    } else {
        Err(json::read(&body).map_or_else(AppError::unreachable, AppError))
    }
}

/// Whether it was done, and the body of the answer.
async fn try_send(
    client: ChatClient,
    path: &str,
    blob: &JsValue,
) -> Result<(bool, String), JsValue> {
    let user = client.store.with_untracked(|store| store.me.user.id);
    let headers = construct("Object", &[])?;
    set(&headers, "content-type", &"application/octet-stream".into());
    // The server refuses it once the cookie is somebody else's.
    set(&headers, "parlance-user", &user.to_string().into());
    let request = construct("Object", &[])?;
    set(&request, "method", &"PUT".into());
    set(&request, "headers", &headers);
    set(&request, "body", blob);
    let address = format!("/api/v1{path}");
    let answer = call(&window(), "fetch", &[address.into(), request])?;
    let answer = settle(answer.into()).await?;
    let body = settle(call(&answer, "text", &[])?.into()).await?;
    Ok((
        get(&answer, "ok").is_truthy(),
        body.as_string().unwrap_or_default(),
    ))
}

/// An address by which the page shows a file, until it is revoked.
pub fn address_of(file: &JsValue) -> Option<String> {
    call(
        &global("URL"),
        "createObjectURL",
        std::slice::from_ref(file),
    )
    .ok()?
    .as_string()
}

pub fn revoke(address: &str) {
    let _ = call(&global("URL"), "revokeObjectURL", &[address.into()]);
}
