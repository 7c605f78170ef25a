//! The browser: its clock, its storage, its network. The only place that calls it.

mod socket;

pub use socket::{Heard, Socket};

use leptos::prelude::document;
use std::pin::Pin;
use time::OffsetDateTime;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response, Storage, VisibilityState};

pub fn now() -> OffsetDateTime {
    // Milliseconds since 1970, far below the precision of a float.
    #[allow(clippy::cast_possible_truncation)]
    let millis = js_sys::Date::now() as i128;
    OffsetDateTime::from_unix_timestamp_nanos(millis * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Of any script: the tables for that are in the browser already.
pub fn lowercase(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// 0 to 1.
pub fn random() -> f64 {
    js_sys::Math::random()
}

pub fn spawn(work: impl Future<Output = ()> + 'static) {
    // In a box, so that the machinery below is there once.
    let work: Pin<Box<dyn Future<Output = ()>>> = Box::pin(work);
    wasm_bindgen_futures::spawn_local(work);
}

pub async fn sleep(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}

pub const JSON: &str = "application/json";
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Status and body of the answer; none when the server could not be reached.
pub async fn fetch(
    method: &str,
    path: &str,
    body: Option<(&str, String)>,
) -> Option<(u16, String)> {
    let request = RequestInit::new();
    request.set_method(method);
    if let Some((kind, body)) = body {
        let headers = Headers::new().ok()?;
        headers.set("content-type", kind).ok()?;
        request.set_headers(&headers);
        request.set_body(&body.into());
    }
    let answer = leptos::prelude::window().fetch_with_str_and_init(path, &request);
    let answer: Response = JsFuture::from(answer).await.ok()?.unchecked_into();
    let text = JsFuture::from(answer.text().ok()?).await.ok()?;
    Some((answer.status(), text.as_string()?))
}

/// Calls when the page comes back: to the network, or before somebody's eyes.
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
    // As long as the page lives.
    wake.forget();
}

fn storage() -> Option<Storage> {
    // A browser may refuse it, in private windows for example.
    leptos::prelude::window().local_storage().ok().flatten()
}

pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

pub fn store(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // A full storage loses what outlives the page, and nothing else.
        let _ = storage.set_item(key, value);
    }
}

pub fn unstore(key: &str) {
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
