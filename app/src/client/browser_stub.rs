//! The stub of `browser` for the server and native tests: no storage, no network, no socket.

use super::{response::Response, socket_signal::SocketSignal};
use model::{UserId, without_accents};
use std::rc::Rc;
use time::OffsetDateTime;
use wasm_bindgen::JsValue;

pub fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH
}

pub fn fold(text: &str) -> String {
    text.replace(is_ignorable, "").to_uppercase()
}

pub fn fold_name(name: &str) -> String {
    fold(&without_accents(name))
}

/// Selectors of forms, joiners, marks of direction and soft hyphens, which are not seen.
fn is_ignorable(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}')
}

pub fn is_alphanumeric(letter: char) -> bool {
    letter.is_alphanumeric()
}

pub fn random() -> f64 {
    0.0
}

pub fn is_seen() -> bool {
    false
}

pub fn spawn(_: impl Future<Output = ()> + 'static) {}

#[allow(clippy::unused_async)]
pub async fn sleep(_: u32) {}

#[allow(clippy::unused_async)]
pub async fn next_frame() {}

#[allow(clippy::unused_async)]
pub async fn submit(_: &str, _: String) -> Option<Response> {
    None
}

#[allow(clippy::unused_async)]
pub async fn fetch(_: UserId, _: &str, _: &str, _: Option<String>) -> Option<Response> {
    None
}

pub fn send_at_last(_: UserId, _: &str, _: &str, _: Option<&str>) {}

#[allow(clippy::unused_async)]
pub async fn settle(_: js_sys::Promise) -> Result<JsValue, JsValue> {
    Err(JsValue::UNDEFINED)
}

pub fn on_wake(_: impl Fn() + 'static) {}

pub fn on_storage_change(_: impl Fn() + 'static) {}

pub fn show_signed_out() {}

pub fn stored(_: &str) -> Option<String> {
    None
}

pub fn store(_: &str, _: &str) {}

pub fn remove_stored(_: &str) {}

pub fn remove_database(_: &str) {}

pub fn stored_keys() -> Vec<String> {
    Vec::new()
}

/// Uninhabited: `connect` never returns one.
pub enum Socket {}

impl Socket {
    pub fn connect(_: Rc<dyn Fn(SocketSignal)>) -> Option<Self> {
        None
    }

    pub fn is_connected(&self) -> bool {
        match *self {}
    }

    pub fn reconnect(&self) {
        match *self {}
    }

    pub fn disconnect(&self) {
        match *self {}
    }

    pub fn emit(&self, _: &str, _: &str) {
        match *self {}
    }

    pub fn emit_with_ack(&self, _: &str, _: &str, _: u32) -> std::future::Ready<Option<String>> {
        match *self {}
    }
}
