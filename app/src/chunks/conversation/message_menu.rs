//! The menu of a message: beside its button, or as a sheet on screens for fingers.

use super::message_items::{MenuItem, items};
use crate::{
    erased_signal::effect,
    messages::{ConversationView, most_used, record_use, use_conversation_view},
    ui::{icon, move_in_menu, on, place_menu},
};
use leptos::{ev, prelude::*};
use model::MessageId;
use wasm_bindgen::JsCast;

/// The reactions of the sheet.
const SHEET_REACTIONS: usize = 6;

/// Arrow keys move the focus, Escape and a press elsewhere close it, and so does scrolling.
pub fn message_menu(id: MessageId) -> AnyView {
    let view = use_conversation_view();
    effect(|| {
        request_animation_frame(|| {
            place_menu(".message-menu", ".actions [aria-haspopup]");
        });
    });
    close_on_press_elsewhere(view);
    let entries: Vec<_> = items(view, id)
        .into_iter()
        .map(|item| entry(view, item, Some("menuitem")))
        .collect();
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" || event.key() == "Tab" {
            event.prevent_default();
            event.stop_propagation();
            view.close_menu();
        } else {
            move_in_menu(&event, ".message-menu");
        }
    };
    any_view! {
        <div class="menu-panel message-menu" role="menu" aria-label="Message actions" on:keydown=on::key(on_key)>
            {entries}
        </div>
    }
}

fn close_on_press_elsewhere(view: ConversationView) {
    let pressed = window_event_listener(ev::pointerdown, move |event| {
        let target: Option<web_sys::Element> = event.target().and_then(|it| it.dyn_into().ok());
        let is_inside = target.is_some_and(|target| {
            matches!(target.closest(".message-menu,[aria-haspopup]"), Ok(Some(_)))
        });
        if !is_inside {
            view.menu_for.set(None);
        }
    });
    let turned = window_event_listener(ev::wheel, move |_| view.menu_for.set(None));
    on_cleanup(move || {
        pressed.remove();
        turned.remove();
    });
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
    let entries: Vec<_> = items(view, id)
        .into_iter()
        .map(|item| entry(view, item, None))
        .collect();
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

fn entry(view: ConversationView, item: MenuItem, role: Option<&'static str>) -> AnyView {
    let class = if item.is_danger {
        "menu-item danger"
    } else {
        "menu-item"
    };
    any_view! {
        <button type="button" class=class role=role on:click=on::click(move |event| {
            event.stop_propagation();
            // The focus is where it was before: what the entry opens gives it back to there.
            view.close_menu();
            (item.act)();
        })>
            {icon(item.icon)}
            {item.label}
        </button>
    }
}
