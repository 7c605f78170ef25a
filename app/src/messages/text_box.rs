//! A text area that grows with its text.

use super::slash::{Written, commands_are_read, read_written};
use crate::{erased_signal::ErasedSignal, error::AppError, ui::has_pointer};
use leptos::ev;
use leptos::prelude::document;
use model::Problem;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// The text area with this DOM id; `None` if it is not rendered.
pub fn text_box(id: &str) -> Option<HtmlTextAreaElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Bytes of a text beyond which it stays in its box. A message has 10,000 characters of at most 4 bytes; to
/// paint a much longer one takes minutes, and the server refuses the frame.
const MAX_BYTES_SENT: usize = 40_000;

/// A box and the text in it that is to be sent. `None` if there is no text and no file either, or, which the problem
/// says, too much text, or files were chosen that are not in the tray yet.
pub fn text_to_send(
    id: &str,
    has_files: bool,
    is_choosing: bool,
    problem: ErasedSignal<Option<Problem>>,
) -> Option<(HtmlTextAreaElement, String)> {
    let area = text_box(id)?;
    let text = area.value();
    let mut fault = None;
    let body = match read_written(&text) {
        Written::Text(body) => body,
        Written::Command(_) => {
            // No command reaches others because what reads commands is late.
            if !commands_are_read() {
                fault = Some("Commands are not loaded yet. Try again in a moment.");
            }
            text.trim()
        }
    };
    if is_choosing {
        // No message goes without its files because what takes them is late.
        fault = Some("The files are not loaded yet. Try again in a moment.");
    } else if body.is_empty() && !has_files {
        return None;
    }
    if body.len() > MAX_BYTES_SENT {
        fault = Some("A message has at most 10000 characters.");
    }
    problem.set(fault.map(|detail| AppError::not_sent(detail).0));
    fault.is_none().then(|| (area, body.to_owned()))
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

/// Whether the key sends: Enter, unless Shift or Alt is held, or the screen is one for fingers, whose
/// keyboard has no other key for a new line; there the button sends. With Ctrl or Cmd it always does.
pub fn is_send_key(event: &ev::KeyboardEvent) -> bool {
    if event.key() != "Enter" || event.shift_key() || event.alt_key() {
        return false;
    }
    event.ctrl_key() || event.meta_key() || has_pointer()
}
