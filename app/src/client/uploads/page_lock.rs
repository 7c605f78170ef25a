//! Locks that the pages of a browser have in common (Web Locks). A page that ends gives its own back.

use super::object::{call, get, global};
use crate::client::browser;
use js_sys::{Function, Promise};
use wasm_bindgen::{JsValue, closure::Closure};

/// Given back when it is dropped.
pub struct PageLock(Option<Function>);

impl Drop for PageLock {
    fn drop(&mut self) {
        if let Some(release) = &self.0 {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Waits until no other page has the lock of this name. A page that may have no locks, as over plain HTTP, does not wait.
pub async fn page_lock(name: &str) -> PageLock {
    let locks = get(&global("navigator"), "locks");
    if !locks.is_object() {
        return PageLock(None);
    }
    let mut release = None;
    // The browser keeps the lock until this is resolved.
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let granted = Promise::new(&mut |resolve, reject| {
        let held = held.clone();
        let grant = Closure::once_into_js(move |_: JsValue| -> JsValue {
            let _ = resolve.call0(&JsValue::UNDEFINED);
            held.into()
        });
        let _ = match call(&locks, "request", &[name.into(), grant]) {
            Ok(request) => call(&request, "catch", &[reject.into()]),
            Err(_) => reject.call0(&JsValue::UNDEFINED),
        };
    });
    let is_granted = browser::settle(granted).await.is_ok();
    PageLock(release.filter(|_| is_granted))
}
