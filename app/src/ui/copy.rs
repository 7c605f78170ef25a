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

/// Copies a text, by way of a text area that is not seen. It is in the dialog that is open: nothing else
/// takes the focus.
pub fn copy_text(text: &str) {
    let focused = document()
        .active_element()
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    let _ = copy_by_area(text);
    if let Some(focused) = focused {
        let _ = focused.focus();
    }
}

fn copy_by_area(text: &str) -> Option<()> {
    let area = document().create_element("textarea").ok()?;
    let area: web_sys::HtmlTextAreaElement = area.dyn_into().ok()?;
    area.set_value(text);
    area.set_class_name("sr-only");
    area.set_read_only(true);
    let dialog = document().query_selector("dialog[open]").ok().flatten();
    let around = dialog.or_else(|| document().body().map(Into::into))?;
    around.append_child(&area).ok()?;
    area.select();
    let copied = document()
        .dyn_into::<web_sys::HtmlDocument>()
        .ok()
        .and_then(|document| document.exec_command("copy").ok());
    area.remove();
    copied.map(drop)
}
