//! The scroller of the timeline and the rows in it, as the document has them.

use model::MessageId;
use wasm_bindgen::JsCast;

/// The DOM id of the scroller.
pub const SCROLLER_ID: &str = "timeline";

/// The DOM id of the scroller of a thread.
pub const THREAD_SCROLLER_ID: &str = "thread-rows";

/// At most so many pixels from the end count as at the end.
const NEAR_END: f64 = 48.0;

pub fn scroller() -> Option<web_sys::Element> {
    leptos::prelude::document().get_element_by_id(SCROLLER_ID)
}

pub fn from_end(node: &web_sys::Element) -> f64 {
    f64::from(-node.scroll_top())
}

pub fn is_at_end(node: &web_sys::Element) -> bool {
    from_end(node) < NEAR_END
}

pub fn from_start(node: &web_sys::Element) -> f64 {
    f64::from(node.scroll_height() - node.client_height() + node.scroll_top())
}

pub fn top_of(element: &web_sys::Element) -> f64 {
    element.get_bounding_client_rect().top()
}

/// The rows of messages, oldest first.
pub fn rows_of(node: &web_sys::Element) -> Vec<web_sys::Element> {
    let Ok(rows) = node.query_selector_all("[data-message]") else {
        return Vec::new();
    };
    let row = |index| rows.item(index)?.dyn_into().ok();
    (0..rows.length()).filter_map(row).collect()
}

pub fn row_of(message: MessageId) -> Option<web_sys::Element> {
    leptos::prelude::document().get_element_by_id(&format!("m-{message}"))
}

pub fn message_of(row: &web_sys::Element) -> Option<MessageId> {
    row.get_attribute("data-message")?.parse().ok()
}

/// The line before the first unread message.
pub fn unread_line(node: &web_sys::Element) -> Option<web_sys::Element> {
    node.query_selector(".unread-line").ok().flatten()
}
