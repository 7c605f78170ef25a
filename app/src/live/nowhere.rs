//! The browser where there is none: on the server and in native tests nothing ever answers.

use super::rest::Answer;
use std::rc::Rc;
use time::OffsetDateTime;

pub fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH
}

pub fn lowercase(text: &str) -> String {
    text.to_lowercase()
}

pub fn random() -> f64 {
    0.0
}

pub fn spawn(_: impl Future<Output = ()> + 'static) {}

#[allow(clippy::unused_async)]
pub async fn sleep(_: u32) {}

pub const JSON: &str = "";
pub const FORM: &str = "";

#[allow(clippy::unused_async)]
pub async fn fetch(_: &str, _: &str, _: Option<(&str, String)>) -> Option<Answer> {
    None
}

pub fn on_wake(_: impl Fn() + 'static) {}

pub fn stored(_: &str) -> Option<String> {
    None
}

pub fn store(_: &str, _: &str) {}

pub fn unstore(_: &str) {}

pub fn stored_keys() -> Vec<String> {
    Vec::new()
}

/// What a socket tells its owner.
#[allow(dead_code)]
pub enum Heard {
    /// An event, as JSON.
    Event(String),
    /// The connection is lost; the client tries to get it back by itself.
    Lost,
    /// The server has ended the connection, or does not want it: why, if it says so.
    Denied(Option<String>),
}

/// There is none.
pub enum Socket {}

impl Socket {
    pub fn connect(_: Rc<dyn Fn(Heard)>) -> Option<Self> {
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

    pub fn ask(&self, _: &str, _: &str) -> std::future::Ready<Option<String>> {
        match *self {}
    }
}
