//! Moving the keyboard focus.

use crate::client::spawn;
use leptos::{prelude::document, task::tick};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Focuses the first element that matches a selector, if there is one.
pub fn focus_first(selector: &str) {
    focus(document().query_selector(selector).ok().flatten());
}

/// Focuses the first field in an element, or else the first button that answers, or any, unless a field
/// has the focus.
pub fn focus_field(around: &Element) {
    let first = |selector| around.query_selector(selector).ok().flatten();
    if first("input:focus,textarea:focus").is_none() {
        let field = first("input:not([type=hidden]),textarea");
        let button = || first(".form-end button,.chunk-place button").or_else(|| first("button"));
        focus(field.or_else(button));
    }
}

/// As `focus_field`, once it is built.
pub fn focus_field_soon(around: Element) {
    once_built(move || focus_field(&around));
}

/// Calls `act` once what the signals of now build is in the document. That is before the next key, unlike the
/// next frame: what is typed at once is typed where `act` puts the focus.
pub fn once_built(act: impl FnOnce() + 'static) {
    spawn(async move {
        tick().await;
        act();
    });
}

/// Whether the focus is nowhere, or in the dialog that an element is in.
pub fn is_focus_near(element: &Element) -> bool {
    let Some(focused) = document().active_element() else {
        return true;
    };
    let dialog = element.closest("dialog").ok().flatten();
    focused.tag_name() == "BODY" || dialog.is_some_and(|dialog| dialog.contains(Some(&focused)))
}

fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}
