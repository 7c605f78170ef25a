//! On screens for fingers a long press on a conversation of the sidebar opens its sheet, and not the conversation.

use crate::{chunks::long_press::LongPress, sidebar_sections::SidebarState};
use leptos::{ev, prelude::*};
use model::ConversationId;
use wasm_bindgen::JsCast;

/// For as long as the page is there.
pub fn listen_to_rows(state: SidebarState) {
    let press = LongPress::default();
    press.listen();
    window_event_listener(ev::pointerdown, move |event| {
        if let Some(id) = row_of(&event) {
            press.start(&event, move || state.sheet_for.set(Some(id)));
        }
    });
}

fn row_of(event: &ev::PointerEvent) -> Option<ConversationId> {
    let target: web_sys::Element = event.target()?.dyn_into().ok()?;
    let row = target.closest("[data-conversation]").ok()??;
    row.get_attribute("data-conversation")?.parse().ok()
}
