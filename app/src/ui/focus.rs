//! Moving the keyboard focus.

use leptos::prelude::document;
use wasm_bindgen::JsCast;

/// Focuses the first element that matches a selector, if there is one.
pub fn focus_first(selector: &str) {
    let element = document()
        .query_selector(selector)
        .ok()
        .flatten()
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        let _ = element.focus();
    }
}
