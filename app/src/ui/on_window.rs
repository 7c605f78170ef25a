//! Listeners of the window.

use leptos::prelude::window;
use wasm_bindgen::{JsCast, closure::Closure};

/// Listens for as long as the page is there.
pub fn on_window(name: &str, act: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(act).into_js_value();
    // Also told of the document, before the page hears of it.
    let _ =
        window().add_event_listener_with_callback_and_bool(name, listener.unchecked_ref(), true);
}
