//! The browser's APIs that the client needs: clock, random numbers, tasks, storage, fetch, socket.

mod socket;

pub use socket::Socket;

use super::response::Response;
use gloo_net::http::{Method, RequestBuilder};
use leptos::prelude::document;
use std::pin::Pin;
use time::{Duration, OffsetDateTime};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Storage, VisibilityState};

pub fn now() -> OffsetDateTime {
    // Milliseconds since 1970 are below 2^53, exact in a float.
    #[allow(clippy::cast_possible_truncation)]
    let millis = js_sys::Date::now() as i64;
    OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(millis)
}

/// The text as it is compared: regardless of case, composition and width, as `fold_text` of the database
/// does it. The browser's own functions save the tables of Unicode. Upper case, because lower case has
/// two forms of a sigma, and none of ß for SS.
pub fn fold(text: &str) -> String {
    let text: String = js_sys::JsString::from(text)
        .normalize("NFKD")
        .to_upper_case()
        .into();
    // İ is I, with which people search for it.
    js_sys::JsString::from(text.replace("I\u{307}", "I").as_str())
        .normalize("NFC")
        .into()
}

/// A random number from 0 to below 1. Not for secrets.
pub fn random() -> f64 {
    js_sys::Math::random()
}

pub fn spawn(work: impl Future<Output = ()> + 'static) {
    // Boxed: `spawn_local` is then compiled for one type of future.
    let work: Pin<Box<dyn Future<Output = ()>>> = Box::pin(work);
    wasm_bindgen_futures::spawn_local(work);
}

pub async fn sleep(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}

pub const JSON: &str = "application/json";
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Sends a request with a body of the given content type. `None` when the server could not be
/// reached, or the response broke off.
pub async fn fetch(method: &str, path: &str, body: Option<(&str, String)>) -> Option<Response> {
    let request = RequestBuilder::new(path).method(Method::from_bytes(method.as_bytes()).ok()?);
    let request = match body {
        Some((kind, body)) => request.header("content-type", kind).body(body),
        None => request.build(),
    };
    let response = request.ok()?.send().await.ok()?;
    let retry_after = response.headers().get("retry-after");
    Some(Response {
        status: response.status(),
        retry_after: retry_after.and_then(|seconds| seconds.parse().ok()),
        body: response.text().await.ok()?,
    })
}

/// Calls `wake` when the visible page comes back online, is shown again or is restored from the
/// back/forward cache.
pub fn on_wake(wake: impl Fn() + 'static) {
    let wake = Closure::<dyn Fn()>::new(move || {
        if document().visibility_state() == VisibilityState::Visible {
            wake();
        }
    });
    let handler = wake.as_ref().unchecked_ref();
    let window = leptos::prelude::window();
    let _ = window.add_event_listener_with_callback("online", handler);
    let _ = window.add_event_listener_with_callback("pageshow", handler);
    let _ = document().add_event_listener_with_callback("visibilitychange", handler);
    // The listeners stay until the page is unloaded.
    wake.forget();
}

fn storage() -> Option<Storage> {
    // A browser may deny access, in private windows for example.
    leptos::prelude::window().local_storage().ok().flatten()
}

pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

pub fn store(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // If the storage is full, the value does not outlive the page.
        let _ = storage.set_item(key, value);
    }
}

pub fn remove_stored(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

pub fn stored_keys() -> Vec<String> {
    let Some(storage) = storage() else {
        return Vec::new();
    };
    let count = storage.length().unwrap_or_default();
    (0..count)
        .filter_map(|at| storage.key(at).ok().flatten())
        .collect()
}
