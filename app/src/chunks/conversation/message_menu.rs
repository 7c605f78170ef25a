//! The menu of a message: beside its button, or as a sheet on screens for fingers.

use super::message_items::items;
use crate::{
    messages::{ConversationView, most_used, record_use, use_conversation_view},
    router::use_router,
    ui::{Close, PopupPlace, menu_entries, on, popup_menu, use_zone},
};
use leptos::prelude::*;
use model::MessageId;
use std::sync::Arc;

/// The reactions of the sheet.
const SHEET_REACTIONS: usize = 6;

pub fn message_menu(id: MessageId) -> AnyView {
    let view = use_conversation_view();
    let place = PopupPlace {
        label: "Message actions",
        class: "menu-panel message-menu",
        menu: ".message-menu",
        button: ".actions [aria-haspopup]",
    };
    popup_menu(
        place,
        items(view, (use_router(), use_zone()), id),
        &close(view),
        move || {
            view.menu_for.set(None);
        },
    )
}

fn close(view: ConversationView) -> Close {
    Arc::new(move || view.close_menu())
}

/// The content of the sheet: reactions, and the entries of the menu.
pub fn message_sheet() -> AnyView {
    let view = use_conversation_view();
    let Some(id) = view.sheet_for.get_untracked() else {
        return ().into_any();
    };
    let quick: Vec<_> = most_used(SHEET_REACTIONS)
        .into_iter()
        .map(|emoji| quick_reaction(view, id, emoji))
        .collect();
    let entries = menu_entries(
        items(view, (use_router(), use_zone()), id),
        None,
        &close(view),
    );
    any_view! {
        <div class="sheet-reactions notranslate" role="group" aria-label="Pick a reaction">
            {quick}
        </div>
        <div class="sheet-items">{entries}</div>
    }
}

fn quick_reaction(view: ConversationView, id: MessageId, emoji: String) -> AnyView {
    let label = format!("React with {emoji}");
    let shown = emoji.clone();
    any_view! {
        <button type="button" class="emoji" aria-label=label on:click=on::click(move |_| {
            record_use(&emoji);
            view.sheet_for.set(None);
            if let Some(message) = view.message(id) {
                view.toggle_reaction(&message, emoji.clone());
            }
        })>
            {shown}
        </button>
    }
}
