//! What others have written, shown in the boxes of the page.

use crate::{
    client::ChatClient,
    messages::{grow, text_box},
    store::DraftPlace,
};
use leptos::{ev, prelude::*};
use web_sys::HtmlTextAreaElement;

/// Empties a box whose text was scheduled.
pub fn empty_box(client: ChatClient, place: DraftPlace) {
    let before = client.written(place).body;
    client.set_written(place, "", None);
    show_written(place, &before, "");
}

/// Shows a draft in its box, if that is on the page and has what was written before.
pub fn show_written((id, thread): DraftPlace, before: &str, body: &str) {
    let Some(root) = thread else {
        return tell_composer(before);
    };
    let is_shown = document().get_element_by_id(&format!("t-{root}")).is_some()
        && on_page() == Some(id.to_string());
    if is_shown
        && let Some(area) = text_box("thread-composer")
        && area.value() == before
    {
        write(&area, body);
    }
}

/// The conversation of the address.
fn on_page() -> Option<String> {
    let path = window().location().pathname().ok()?;
    let rest = path.strip_prefix("/c/")?;
    rest.split('/').next().map(str::to_owned)
}

fn write(area: &HtmlTextAreaElement, body: &str) {
    area.set_value(body);
    grow(area);
}

/// The composer follows what other tabs write, and so what other devices do.
fn tell_composer(before: &str) {
    let options = web_sys::StorageEventInit::new();
    options.set_old_value(Some(before));
    let event = ev::StorageEvent::new_with_event_init_dict("storage", &options);
    if let Ok(event) = event {
        let _ = window().dispatch_event(&event);
    }
}
