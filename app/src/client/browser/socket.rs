//! The binding to the official Socket.IO client for JavaScript. `wasm_bindgen` expands to unsafe code.
#![allow(unsafe_code)]

use crate::client::socket_signal::SocketSignal;
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(raw_module = "/vendor/socket.io-4.8.4.esm.min.js")]
extern "C" {
    #[wasm_bindgen(js_name = Socket)]
    type Client;

    #[wasm_bindgen(js_name = io, catch)]
    fn io(options: &JsValue) -> Result<Client, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn connected(this: &Client) -> bool;
    #[wasm_bindgen(method, getter)]
    fn active(this: &Client) -> bool;
    #[wasm_bindgen(method)]
    fn connect(this: &Client);
    #[wasm_bindgen(method)]
    fn disconnect(this: &Client);
    #[wasm_bindgen(method)]
    fn on(this: &Client, event: &str, listener: &Function);
    #[wasm_bindgen(method, js_name = onAny)]
    fn on_any(this: &Client, listener: &Function);
    #[wasm_bindgen(method)]
    fn emit(this: &Client, event: &str, payload: &JsValue);
    #[wasm_bindgen(method)]
    fn timeout(this: &Client, millis: u32) -> Client;
    #[wasm_bindgen(method, js_name = emitWithAck)]
    fn emit_with_ack(this: &Client, event: &str, payload: &JsValue) -> Promise;
}

pub struct Socket(Rc<Client>);

impl Socket {
    /// Connects to the origin of the page, with its session cookie. `None` if the client could not be
    /// created.
    pub fn connect(on_signal: Rc<dyn Fn(SocketSignal)>) -> Option<Self> {
        let client = Rc::new(io(&options()).ok()?);

        let signal = Rc::clone(&on_signal);
        let on_any = Closure::<dyn Fn(JsValue, JsValue)>::new(move |_, payload: JsValue| {
            if let Some(json) = to_json(&payload) {
                signal(SocketSignal::Event(json));
            }
        });
        client.on_any(on_any.as_ref().unchecked_ref());

        let signal = Rc::clone(&on_signal);
        let on_disconnect = Closure::<dyn Fn(String)>::new(move |reason: String| {
            // After this reason the Socket.IO client does not reconnect by itself.
            signal(if reason == "io server disconnect" {
                SocketSignal::Denied(None)
            } else {
                SocketSignal::Disconnected
            });
        });
        client.on("disconnect", on_disconnect.as_ref().unchecked_ref());

        let this = Rc::clone(&client);
        let on_error = Closure::<dyn Fn(JsValue)>::new(move |error: JsValue| {
            on_signal(if this.active() {
                SocketSignal::Disconnected
            } else {
                SocketSignal::Denied(error_code(&error))
            });
        });
        client.on("connect_error", on_error.as_ref().unchecked_ref());

        // The listeners stay until the page is unloaded.
        on_any.forget();
        on_disconnect.forget();
        on_error.forget();
        Some(Self(client))
    }

    pub fn is_connected(&self) -> bool {
        self.0.connected()
    }

    /// Connects at once, without the delay of the Socket.IO client.
    pub fn reconnect(&self) {
        self.0.disconnect();
        self.0.connect();
    }

    pub fn disconnect(&self) {
        self.0.disconnect();
    }

    pub fn emit(&self, event: &str, payload: &str) {
        if let Ok(payload) = JSON::parse(payload) {
            self.0.emit(event, &payload);
        }
    }

    /// The acknowledgement as JSON; `None` after so many milliseconds without one.
    pub fn emit_with_ack(
        &self,
        event: &str,
        payload: &str,
        timeout_ms: u32,
    ) -> impl Future<Output = Option<String>> + 'static + use<> {
        let promise = JSON::parse(payload)
            .ok()
            .map(|payload| self.0.timeout(timeout_ms).emit_with_ack(event, &payload));
        async move { to_json(&JsFuture::from(promise?).await.ok()?) }
    }
}

fn options() -> JsValue {
    let options = Object::new();
    let set = |name: &str, value: JsValue| {
        // `Reflect::set` cannot fail on a plain object.
        let _ = Reflect::set(&options, &name.into(), &value);
    };
    set(
        "transports",
        Array::of2(&"websocket".into(), &"polling".into()).into(),
    );
    set("tryAllTransports", true.into());
    set("reconnectionDelay", 500.into());
    set("reconnectionDelayMax", 5_000.into());
    // 1 spreads each delay from 0 to twice its length: the clients of a server that restarts do not
    // return at the same moment.
    set("randomizationFactor", 1.into());
    options.into()
}

fn to_json(value: &JsValue) -> Option<String> {
    JSON::stringify(value).ok()?.as_string()
}

/// The code of a `connect_error`, whose message is `<code>: <detail>`.
fn error_code(error: &JsValue) -> Option<String> {
    let message = Reflect::get(error, &"message".into()).ok()?.as_string()?;
    Some(message.split(':').next()?.to_owned())
}
