//! Objects of the browser by the names of their members. A binding of `web_sys` would be in the script of the first
//! screen, for each member that is used.

use crate::client::browser;
use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

/// Undefined if there is no such member.
pub fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or_default()
}

pub fn set(object: &JsValue, name: &str, value: &JsValue) {
    // Fails for what is no object.
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}

pub fn call(object: &JsValue, name: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = get(object, name).dyn_into()?;
    method.apply(object, &arguments.iter().collect::<Array>())
}

/// The same of a method that answers with a promise.
pub async fn call_async(
    object: &JsValue,
    name: &str,
    arguments: &[JsValue],
) -> Result<JsValue, JsValue> {
    let promise: Promise = call(object, name, arguments)?.dyn_into()?;
    settled(promise).await
}

/// What a promise brings.
pub async fn settled(promise: Promise) -> Result<JsValue, JsValue> {
    browser::settle(promise).await
}

/// A member of the window.
pub fn global(name: &str) -> JsValue {
    get(&window(), name)
}

/// A new object of a class of the window.
pub fn construct(class: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let class: Function = global(class).dyn_into()?;
    Reflect::construct(&class, &arguments.iter().collect::<Array>())
}

/// Waits for one of two events of an object, by the names of their handlers.
pub async fn event_of(object: &JsValue, success: &str, failure: &str) -> Result<JsValue, JsValue> {
    let waits = Promise::new(&mut |resolve, reject| {
        set(object, success, &resolve);
        set(object, failure, &reject);
    });
    browser::settle(waits).await
}

/// The result of a request of `IndexedDB`.
pub async fn result_of(request: Result<JsValue, JsValue>) -> Option<JsValue> {
    let request = request.ok()?;
    event_of(&request, "onsuccess", "onerror").await.ok()?;
    Some(get(&request, "result"))
}
