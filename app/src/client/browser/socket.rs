//! The page's client of Socket.IO, a small one of its own in `socket.js`, and the binding to it. `wasm_bindgen`
//! expands to unsafe code.
//!
//! The official client is ten times as large, and most of it is what a page needs that no socket reaches: it is
//! fetched then, and takes over until the page is left. So it does after `MAX_FAILURES` attempts in a row where
//! sockets have worked before. The official one does not reconnect by itself when the server has closed the
//! connection: the small one reconnects it, unless somebody else has connected, or does not want to, meanwhile.
//!
//! Times in `socket.js` are milliseconds. Delays are spread from 0 to twice their length: the clients of a server
//! that restarts do not return at the same moment. The connection counts as lost after `pingInterval` and
//! `pingTimeout` without a ping. After a denial it connects again when it is told to.
#![allow(unsafe_code)]

use crate::client::socket_signal::SocketSignal;
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/src/client/browser/socket.js")]
extern "C" {
    #[wasm_bindgen(js_name = Socket)]
    type Client;

    /// `signal` gets a kind and a text: the JSON of an event, or the code of a denial.
    #[wasm_bindgen(constructor, js_class = "Socket")]
    fn new(signal: &JsValue) -> Client;
    #[wasm_bindgen(method, getter)]
    fn connected(this: &Client) -> bool;
    #[wasm_bindgen(method)]
    fn connect(this: &Client);
    #[wasm_bindgen(method)]
    fn disconnect(this: &Client);
    #[wasm_bindgen(method)]
    fn emit(this: &Client, event: &str, payload: &str);
    /// The JSON of the acknowledgement; undefined if none comes in time.
    #[wasm_bindgen(method, js_name = emitWithAck)]
    fn emit_with_ack(this: &Client, event: &str, payload: &str, timeout_ms: u32) -> Promise;
}

pub struct Socket(Client);

impl Socket {
    /// Connects to the origin of the page, with its session cookie.
    #[allow(
        clippy::unnecessary_wraps,
        reason = "outside of a browser there is none"
    )]
    pub fn connect(on_signal: Rc<dyn Fn(SocketSignal)>) -> Option<Self> {
        let signal = Closure::<dyn Fn(u32, JsValue)>::new(move |kind, text: JsValue| {
            on_signal(match (kind, text.as_string()) {
                (0, Some(json)) => SocketSignal::Event(json),
                (2, code) => SocketSignal::Denied(code),
                _ => SocketSignal::Disconnected,
            });
        });
        // It stays until the page is unloaded.
        Some(Self(Client::new(&signal.into_js_value())))
    }

    pub fn is_connected(&self) -> bool {
        self.0.connected()
    }

    /// Connects at once, without the delay after a lost connection.
    pub fn reconnect(&self) {
        self.0.disconnect();
        self.0.connect();
    }

    pub fn disconnect(&self) {
        self.0.disconnect();
    }

    pub fn emit(&self, event: &str, payload: &str) {
        self.0.emit(event, payload);
    }

    /// The acknowledgement as JSON; `None` after so many milliseconds without one.
    pub fn emit_with_ack(
        &self,
        event: &str,
        payload: &str,
        timeout_ms: u32,
    ) -> impl Future<Output = Option<String>> + 'static + use<> {
        let ack = self.0.emit_with_ack(event, payload, timeout_ms);
        async move { JsFuture::from(ack).await.ok()?.as_string() }
    }
}
