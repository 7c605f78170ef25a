//! Moving the keyboard focus.

use super::pointer::has_pointer;
use crate::client::spawn;
use leptos::{prelude::document, task::tick};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDocument, HtmlElement, HtmlInputElement};

/// Focuses the first element that matches a selector, if there is one.
pub fn focus_first(selector: &str) {
    focus(document().query_selector(selector).ok().flatten());
}

/// Focuses the first field in an element, or else the first button that answers, or any, unless a field
/// has the focus. Fingers need no button that is ready for the next key: there the element has the focus.
pub fn focus_field(around: &Element) {
    let first = |selector| around.query_selector(selector).ok().flatten();
    if first("input:focus,textarea:focus").is_none() {
        let field = first("input:not([type=hidden],:disabled),textarea");
        let button = || {
            if !has_pointer() {
                return Some(around.clone());
            }
            first(".form-end button,.chunk-place button").or_else(|| first("button"))
        };
        focus(field.or_else(button));
    }
}

/// As `focus_field`, once it is built. What was typed meanwhile is typed there.
pub fn focus_field_soon(around: Element, typed: String) {
    once_built(move || {
        focus_field(&around);
        if !typed.is_empty() {
            type_text(&typed);
        }
    });
}

/// The row of a list that the focus is in.
pub fn focused_row() -> Option<Element> {
    document().active_element()?.closest("li").ok()?
}

/// Focuses a row, or the link in it, unless something has the focus.
pub fn focus_if_lost(row: &Element) {
    let focused = document().active_element();
    if focused.is_none_or(|focused| focused.tag_name() == "BODY") {
        let link = row.query_selector(".conversation").ok().flatten();
        focus(link.or_else(|| Some(row.clone())));
    }
}

/// The text in the field in an element, if there is one.
pub fn text_in(around: &Element) -> String {
    let field = around.query_selector("input").ok().flatten();
    let field = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    field.map_or_else(String::new, |field| field.value())
}

/// Types a text where the focus is: the field has an event, and can take it back.
fn type_text(text: &str) {
    if let Ok(document) = document().dyn_into::<HtmlDocument>() {
        let _ = document.exec_command_with_show_ui_and_value("insertText", false, text);
    }
}

/// Calls `act` once what the signals of now build is in the document. That is before the next key, unlike the
/// next frame: what is typed at once is typed where `act` puts the focus.
pub fn once_built(act: impl FnOnce() + 'static) {
    spawn(async move {
        tick().await;
        act();
    });
}

/// Whether the focus is nowhere, in an element, or in the dialog around it.
pub fn is_focus_near(element: &Element) -> bool {
    let Some(focused) = document().active_element() else {
        return true;
    };
    let dialog = element.closest("dialog").ok().flatten();
    let around = dialog.as_ref().unwrap_or(element);
    focused.tag_name() == "BODY" || around.contains(Some(&focused))
}

fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}
