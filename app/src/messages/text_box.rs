//! A box to write in that grows with its text.

use leptos::ev;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// The one with this id, while it is there.
pub fn text_box(id: &str) -> Option<HtmlTextAreaElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Where the style sheet can't do it (`field-sizing`), the height follows the text by hand.
pub fn grow(area: &HtmlTextAreaElement) {
    if web_sys::css::supports_with_value("field-sizing", "content").unwrap_or(false) {
        return;
    }
    let style = web_sys::HtmlElement::style(area);
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", area.scroll_height()));
}

/// Whether this key sends: not with Shift, and not the one that ends a composition.
pub fn is_send_key(event: &ev::KeyboardEvent) -> bool {
    // Safari ends the composition before it tells of the key, as number 229.
    event.key() == "Enter" && !event.shift_key() && !event.is_composing() && event.key_code() != 229
}
