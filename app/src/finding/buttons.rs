//! The buttons that open what finds.

use super::state::use_finding;
use crate::ui::{Icon, icon, on};
use leptos::prelude::*;
use model::ConversationId;

/// Opens the palette: in the sidebar.
pub fn palette_button() -> AnyView {
    let finding = use_finding();
    any_view! {
        <button
            type="button"
            class="finder only-scripted"
            aria-keyshortcuts="Control+K"
            on:click=on::click(move |_| finding.palette.set(true))
        >
            {icon(Icon::Search)}
            <span class="grow">"Find or go to…"</span>
            <kbd aria-hidden="true">"Ctrl K"</kbd>
        </button>
    }
}

/// Opens the search panel for a conversation: in its header.
pub fn search_button(id: ConversationId) -> AnyView {
    let finding = use_finding();
    any_view! {
        <button
            type="button"
            class="icon-button search-button only-scripted"
            aria-label="Search this conversation"
            title="Search (Ctrl + Shift + F)"
            on:click=on::click(move |_| finding.open_search("", Some(id)))
        >
            {icon(Icon::Search)}
        </button>
    }
}
