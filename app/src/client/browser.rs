//! The browser's APIs that the client needs: clock, random numbers, tasks, storage, fetch, socket.

mod socket;

pub use socket::Socket;

use super::response::Response;
use crate::store::Map;
use gloo_net::http::{Method, Request, RequestBuilder};
use leptos::prelude::document;
use model::{UserId, without_accents};
use std::{cell::RefCell, pin::Pin, rc::Rc};
use time::{Duration, OffsetDateTime};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{AbortController, Storage, VisibilityState};

pub fn now() -> OffsetDateTime {
    // Milliseconds since 1970 are below 2^53, exact in a float.
    #[allow(clippy::cast_possible_truncation)]
    let millis = js_sys::Date::now() as i64;
    OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(millis)
}

/// The text as it is compared: regardless of case, composition, width and characters that show nothing, as
/// `fold_text` of the database does it. The browser's own functions save the tables of Unicode. Upper case, because lower case has
/// two forms of a sigma, and none of ß for SS.
pub fn fold(text: &str) -> String {
    fold_case(&decomposed(text))
}

/// The name as it is found, without its accents, as `fold_name` of the database does it.
pub fn fold_name(name: &str) -> String {
    let name: String = decomposed(name).into();
    fold_case(&js_sys::JsString::from(without_accents(&name)))
}

/// Without characters that show nothing.
fn decomposed(text: &str) -> js_sys::JsString {
    let ignorable = js_sys::RegExp::new(r"\p{DI}", "gu");
    let text = js_sys::JsString::from(text);
    text.replace_by_pattern(&ignorable, "").normalize("NFKD")
}

fn fold_case(decomposed: &js_sys::JsString) -> String {
    let text: String = decomposed.to_upper_case().into();
    // İ is I, with which people search for it.
    js_sys::JsString::from(text.replace("I\u{307}", "I").as_str())
        .normalize("NFC")
        .into()
}

/// As `char::is_alphanumeric`, with the browser's tables of Unicode instead of Rust's.
pub fn is_alphanumeric(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric();
    }
    let alphanumeric = js_sys::RegExp::new(r"[\p{Alphabetic}\p{N}]", "u");
    alphanumeric.test(letter.encode_utf8(&mut [0; 4]))
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

/// A page that is not painted, as in a hidden tab, has no frames: this many milliseconds end the wait, or a
/// second, to which browsers round it there.
const FRAME_TIMEOUT_MS: i32 = 100;

/// Waits until just before the next frame is painted.
pub async fn next_frame() {
    let frame = js_sys::Promise::new(&mut |resolve, _| {
        let window = leptos::prelude::window();
        let _ = window.request_animation_frame(&resolve);
        let _ = window
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, FRAME_TIMEOUT_MS);
    });
    let _ = wasm_bindgen_futures::JsFuture::from(frame).await;
}

/// What a promise comes to.
pub async fn settle(promise: js_sys::Promise) -> Result<JsValue, JsValue> {
    wasm_bindgen_futures::JsFuture::from(promise).await
}

/// Sends the fields of a form as without scripts. The response is the page that it leads to; `None` when the
/// server could not be reached.
pub async fn submit(action: &str, fields: String) -> Option<Response> {
    let request = RequestBuilder::new(action).method(Method::POST);
    let request = request.header("accept", "text/html");
    read(request.header("content-type", FORM).body(fields)).await
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A request that takes longer, in milliseconds, counts as lost: after a sleep, or behind a proxy that is
/// gone, nobody answers it.
const FETCH_TIMEOUT_MS: u32 = 30_000;

/// The user whose page asks: the server refuses it once the cookie is somebody else's.
const PAGE_USER: &str = "parlance-user";

/// Sends a request with a body of JSON. `None` when the server could not be reached, or the response broke
/// off.
pub async fn fetch(
    user: UserId,
    method: &str,
    path: &str,
    body: Option<String>,
) -> Option<Response> {
    let limit = AbortController::new().ok()?;
    let request = RequestBuilder::new(path)
        .method(method_of(method)?)
        .header(PAGE_USER, &user.to_string())
        .abort_signal(Some(&limit.signal()));
    spawn(async move {
        sleep(FETCH_TIMEOUT_MS).await;
        // Without effect on a request that was answered.
        limit.abort();
    });
    let request = match body {
        Some(body) => request.header("content-type", JSON).body(body),
        None => request.build(),
    };
    read(request).await
}

/// Sends a request, with a body of JSON if there is one, that the browser delivers even if the page ends.
pub fn send_at_last(user: UserId, method: &str, path: &str, body: Option<&str>) {
    let options = js_sys::Object::new();
    let headers = js_sys::Object::new();
    let set = |object: &js_sys::Object, name: &str, value: &wasm_bindgen::JsValue| {
        // Fails for frozen objects only.
        let _ = js_sys::Reflect::set(object, &name.into(), value);
    };
    if let Some(body) = body {
        set(&headers, "content-type", &JSON.into());
        set(&options, "body", &body.into());
    }
    set(&headers, PAGE_USER, &user.to_string().into());
    set(&options, "method", &method.into());
    set(&options, "keepalive", &true.into());
    set(&options, "headers", &headers);
    let init: web_sys::RequestInit = options.unchecked_into();
    let response = leptos::prelude::window().fetch_with_str_and_init(path, &init);
    spawn(async move {
        // The next visit finds out whether it has arrived.
        let _ = wasm_bindgen_futures::JsFuture::from(response).await;
    });
}

/// The methods of the public API. `Method::from_bytes` also takes any other token, which is more code.
fn method_of(name: &str) -> Option<Method> {
    Some(match name {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        _ => return None,
    })
}

async fn read(request: Result<Request, gloo_net::Error>) -> Option<Response> {
    let response = request.ok()?.send().await.ok()?;
    let retry_after = response.headers().get("retry-after");
    Some(Response {
        status: response.status(),
        retry_after: retry_after.and_then(|seconds| seconds.parse().ok()),
        body: response.text().await.ok()?,
    })
}

/// Whether the page is shown, and not behind another tab.
pub fn is_seen() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// The clock is read in this interval, in milliseconds.
const CLOCK_INTERVAL_MS: u32 = 5_000;
/// A clock that has gone on by so much more, or went back, was stopped or set: the machine has slept.
const CLOCK_JUMP: Duration = Duration::seconds(5);

/// Calls `wake` when the visible page comes back online, is shown again, is restored from the
/// back/forward cache, is no longer frozen, or finds that the machine has slept.
pub fn on_wake(wake: impl Fn() + 'static) {
    let wake: Rc<dyn Fn()> = Rc::new(move || {
        if is_seen() {
            wake();
        }
    });
    spawn(watch_clock(Rc::clone(&wake)));
    let wake = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        // The first `pageshow` comes after the last picture, when the page may be connecting already.
        let persisted = js_sys::Reflect::get(&event, &JsValue::from_str("persisted"));
        if persisted != Ok(JsValue::FALSE) {
            wake();
        }
    });
    let handler = wake.as_ref().unchecked_ref();
    let window = leptos::prelude::window();
    let _ = window.add_event_listener_with_callback("online", handler);
    let _ = window.add_event_listener_with_callback("pageshow", handler);
    let _ = document().add_event_listener_with_callback("visibilitychange", handler);
    let _ = document().add_event_listener_with_callback("resume", handler);
    // The listeners stay until the page is unloaded.
    wake.forget();
}

/// Calls `change` when another tab of this browser has changed the storage.
pub fn on_storage_change(change: impl Fn() + 'static) {
    let change = Closure::<dyn Fn()>::new(change);
    let handler = change.as_ref().unchecked_ref();
    let _ = leptos::prelude::window().add_event_listener_with_callback("storage", handler);
    // The listener stays until the page is unloaded.
    change.forget();
}

/// Replaces the whole page by a note and a way to sign in.
pub fn show_signed_out() {
    let document = document();
    if let Some(body) = document.body() {
        body.set_inner_html(SIGNED_OUT);
    }
    document.set_title("Signed out · Parlance");
}

const SIGNED_OUT: &str = r#"<main class="door"><div class="door-card"><p role="status">You were signed out.</p><p><a href="/sign-in">Sign in again</a></p></div></main>"#;

/// Timers stop while the machine sleeps, and the clock goes on.
async fn watch_clock(wake: Rc<dyn Fn()>) {
    let interval = Duration::milliseconds(CLOCK_INTERVAL_MS.into());
    let mut before = now();
    loop {
        sleep(CLOCK_INTERVAL_MS).await;
        let now = now();
        if (now - before - interval).abs() > CLOCK_JUMP {
            wake();
        }
        before = now;
    }
}

thread_local! {
    /// What the storage has not taken, because it is full or the browser denies it. It lasts as long as
    /// the page.
    static UNSTORED: RefCell<Map<String, String>> = RefCell::default();
}

fn storage() -> Option<Storage> {
    // A browser may deny access, in private windows for example.
    leptos::prelude::window().local_storage().ok().flatten()
}

pub fn stored(key: &str) -> Option<String> {
    let unstored = UNSTORED.with_borrow(|unstored| unstored.get(&key.to_owned()).cloned());
    unstored.or_else(|| storage()?.get_item(key).ok().flatten())
}

pub fn store(key: &str, value: &str) {
    let is_stored = storage().is_some_and(|storage| storage.set_item(key, value).is_ok());
    UNSTORED.with_borrow_mut(|unstored| {
        if is_stored {
            unstored.remove(&key.to_owned());
        } else {
            unstored.insert(key.to_owned(), value.to_owned());
        }
    });
}

pub fn remove_stored(key: &str) {
    UNSTORED.with_borrow_mut(|unstored| unstored.remove(&key.to_owned()));
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

/// Removes a database of `IndexedDB`, which other tabs may still read.
pub fn remove_database(name: &str) {
    let get = |object: &JsValue, name| js_sys::Reflect::get(object, &JsValue::from_str(name));
    let databases = get(&leptos::prelude::window(), "indexedDB").unwrap_or_default();
    let delete = get(&databases, "deleteDatabase")
        .and_then(wasm_bindgen::JsCast::dyn_into::<js_sys::Function>);
    if let Ok(delete) = delete {
        let _ = delete.call1(&databases, &JsValue::from_str(name));
    }
}

pub fn stored_keys() -> Vec<String> {
    let mut keys: Vec<_> =
        UNSTORED.with_borrow(|unstored| unstored.iter().map(|(key, _)| key.clone()).collect());
    if let Some(storage) = storage() {
        let count = storage.length().unwrap_or_default();
        keys.extend((0..count).filter_map(|at| storage.key(at).ok().flatten()));
    }
    keys
}
