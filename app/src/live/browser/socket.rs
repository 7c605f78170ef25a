//! The official Socket.IO client, bound to. The expansion of `wasm_bindgen` is unsafe code.
#![allow(unsafe_code)]

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// How long an acknowledgement may take.
const ACK_MILLIS: u32 = 10_000;

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

/// What a socket tells its owner.
pub enum Heard {
    /// An event, as JSON.
    Event(String),
    /// The connection is lost; the client tries to get it back by itself.
    Lost,
    /// The server has ended the connection, or does not want it: why, if it says so.
    Denied(Option<String>),
}

pub struct Socket(Rc<Client>);

impl Socket {
    /// Connects to where the page came from, with its cookie, and stays connected.
    pub fn connect(heard: Rc<dyn Fn(Heard)>) -> Option<Self> {
        let client = Rc::new(io(&options()).ok()?);

        let tell = Rc::clone(&heard);
        let on_any = Closure::<dyn Fn(JsValue, JsValue)>::new(move |_, payload: JsValue| {
            if let Some(json) = to_json(&payload) {
                tell(Heard::Event(json));
            }
        });
        client.on_any(on_any.as_ref().unchecked_ref());

        let tell = Rc::clone(&heard);
        let on_disconnect = Closure::<dyn Fn(String)>::new(move |reason: String| {
            // The client leaves it to us to come back when the server has hung up.
            tell(if reason == "io server disconnect" {
                Heard::Denied(None)
            } else {
                Heard::Lost
            });
        });
        client.on("disconnect", on_disconnect.as_ref().unchecked_ref());

        let this = Rc::clone(&client);
        let on_error = Closure::<dyn Fn(JsValue)>::new(move |error: JsValue| {
            heard(if this.active() {
                Heard::Lost
            } else {
                Heard::Denied(error_code(&error))
            });
        });
        client.on("connect_error", on_error.as_ref().unchecked_ref());

        // As long as the page lives.
        on_any.forget();
        on_disconnect.forget();
        on_error.forget();
        Some(Self(client))
    }

    pub fn is_connected(&self) -> bool {
        self.0.connected()
    }

    /// Connects at once, whatever pause the client was making.
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

    /// The acknowledgement, as JSON; none when there was none in time.
    pub fn ask(
        &self,
        event: &str,
        payload: &str,
    ) -> impl Future<Output = Option<String>> + 'static + use<> {
        let promise = JSON::parse(payload)
            .ok()
            .map(|payload| self.0.timeout(ACK_MILLIS).emit_with_ack(event, &payload));
        async move { to_json(&JsFuture::from(promise?).await.ok()?) }
    }
}

fn options() -> JsValue {
    let options = Object::new();
    let set = |name: &str, value: JsValue| {
        // Cannot fail on a plain object.
        let _ = Reflect::set(&options, &name.into(), &value);
    };
    set(
        "transports",
        Array::of2(&"websocket".into(), &"polling".into()).into(),
    );
    set("tryAllTransports", true.into());
    set("reconnectionDelay", 500.into());
    set("reconnectionDelayMax", 10_000.into());
    // From nothing to twice the delay: when a server restarts, all come back, but not at once.
    set("randomizationFactor", 1.into());
    options.into()
}

fn to_json(value: &JsValue) -> Option<String> {
    JSON::stringify(value).ok()?.as_string()
}

/// The code of a refusal: its message begins with it.
fn error_code(error: &JsValue) -> Option<String> {
    let message = Reflect::get(error, &"message".into()).ok()?.as_string()?;
    Some(message.split(':').next()?.to_owned())
}
