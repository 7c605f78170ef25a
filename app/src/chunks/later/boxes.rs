//! What others have written, shown in the boxes of the page.

use super::state::Later;
use crate::{
    client::tend_uploads,
    messages::{grow, text_box},
    store::DraftPlace,
};
use leptos::{ev, prelude::*};
use web_sys::HtmlTextAreaElement;

/// Empties a box whose text and files were scheduled.
pub fn empty_box(later: Later, place: DraftPlace) {
    let before = later.client.written(place).body;
    later.client.set_written(place, "", None);
    if !later.client.kept_files(place.0, place.1).is_empty() {
        later.client.set_uploads_in_tray(place, &[], true);
        // This browser has no use for their bytes any more.
        tend_uploads(later.client);
    }
    show_written(later, place, &before, "");
}

/// Shows a draft in its box, if that is on the page and has what was written before.
pub fn show_written(later: Later, (id, thread): DraftPlace, before: &str, body: &str) {
    // For the files, in a thread as well.
    tell_boxes(before);
    let Some(root) = thread else {
        return;
    };
    let is_shown = document().get_element_by_id(&format!("t-{root}")).is_some()
        && later.router.conversation_untracked() == Some(id);
    if is_shown
        && let Some(area) = text_box("thread-composer")
        && area.value() == before
    {
        write(&area, body);
    }
}

fn write(area: &HtmlTextAreaElement, body: &str) {
    area.set_value(body);
    grow(area);
}

/// The boxes follow what other tabs write, and so what other devices do.
pub fn tell_boxes(before: &str) {
    let options = web_sys::StorageEventInit::new();
    options.set_old_value(Some(before));
    let event = ev::StorageEvent::new_with_event_init_dict("storage", &options);
    if let Ok(event) = event {
        let _ = window().dispatch_event(&event);
    }
}
