//! A text area that grows with its text.

use leptos::ev;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// The text area with this DOM id; `None` if it is not rendered.
pub fn text_box(id: &str) -> Option<HtmlTextAreaElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Sets the height to that of the text, in browsers without `field-sizing` of CSS.
pub fn grow(area: &HtmlTextAreaElement) {
    if web_sys::css::supports_with_value("field-sizing", "content").unwrap_or(false) {
        return;
    }
    let style = web_sys::HtmlElement::style(area);
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", area.scroll_height()));
}

/// Whether the key sends: Enter, not with Shift, and not to end the composition of an input method.
pub fn is_send_key(event: &ev::KeyboardEvent) -> bool {
    // Safari ends the composition before this event, and then reports key code 229.
    event.key() == "Enter" && !event.shift_key() && !event.is_composing() && event.key_code() != 229
}
