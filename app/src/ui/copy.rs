//! Copying a text to the clipboard.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

/// A button that selects and copies the `.body` of the `.copyable` element around it. Where the browser
/// does not let it copy, the text is selected. `navigator.clipboard` would need HTTPS.
pub fn copy_button() -> AnyView {
    any_view! {
        <button type="button" class="link" on:click=super::on::click(|event| {
            event.stop_propagation();
            copy_text_beside(&event);
        })>
            "Copy"
        </button>
    }
}

fn copy_text_beside(event: &ev::MouseEvent) -> Option<()> {
    let button: web_sys::Element = event.target()?.dyn_into().ok()?;
    let text = button.closest(".copyable").ok()??;
    let text = text.query_selector(".body").ok()??;
    let selection = window().get_selection().ok()??;
    selection.select_all_children(&text).ok()?;
    let document: web_sys::HtmlDocument = document().dyn_into().ok()?;
    document.exec_command("copy").ok().map(drop)
}
