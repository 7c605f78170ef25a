//! Selecting messages: a box in each row, and a bar with their number.

use super::state::MAX_MESSAGES;
use crate::{
    erased_signal::{ErasedMemo, effect},
    messages::{ConversationView, use_conversation_view},
    ui::{close_by_back, focus_first, once_built},
};
use leptos::{ev, prelude::*};
use model::{MessageId, MessageKind};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

const BOXES: &str = "#timeline .select-box input";

/// Nothing for a message that cannot be forwarded.
pub fn select_box(message_id: ErasedMemo<Option<MessageId>>) -> AnyView {
    let view = use_conversation_view();
    let message = move || {
        let message = view.message(message_id.get()?)?;
        let is_said = message.deleted_at.is_none() && message.kind != MessageKind::System;
        is_said.then_some(message)
    };
    let row = move || {
        message().map(|message| {
            let id = message.id;
            let is_selected = move || view.selected.with(|selected| selected.contains(&id));
            let is_full = move || {
                view.selected
                    .with(|selected| selected.len() >= MAX_MESSAGES)
            };
            let label = format!("Select: {}, {}", message.sender.name, message.line());
            take_focus(view, id);
            view! {
                <label class="select-box">
                    <input
                        type="checkbox"
                        aria-label=label
                        prop:checked=is_selected
                        disabled=move || is_full() && !is_selected()
                        on:change=move |_| toggle(view, id)
                        on:keydown=|event| move_to_next(&event)
                    />
                </label>
            }
        })
    };
    row.into_any()
}

fn toggle(view: ConversationView, id: MessageId) {
    view.selected.update(|selected| {
        let before = selected.len();
        selected.retain(|other| *other != id);
        if selected.len() == before {
            selected.push(id);
        }
    });
}

/// The box of the message that the selection begins with has the focus, which the menu has left.
fn take_focus(view: ConversationView, id: MessageId) {
    if view.selected.get_untracked() == [id] {
        once_built(move || {
            let focused = document().active_element();
            if focused.is_none_or(|it| {
                it.closest(".dialog,.select-box,.composer")
                    .is_ok_and(|it| it.is_none())
            }) {
                focus_first(&format!("#{} .select-box input", view.row_id(id)));
            }
        });
    }
}

/// Up and down go to the box before and after.
fn move_to_next(event: &ev::KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowUp" => -1,
        "ArrowDown" => 1,
        _ => return,
    };
    event.prevent_default();
    let focused = document().active_element();
    let Ok(boxes) = document().query_selector_all(BOXES) else {
        return;
    };
    let focused = focused.as_ref().map(AsRef::as_ref);
    let at =
        (0..boxes.length()).find(|at| boxes.item(*at).is_some_and(|it| it.is_same_node(focused)));
    let next = at.and_then(|at| boxes.item(at.checked_add_signed(step)?));
    let next: Option<HtmlElement> = next.and_then(|it| it.dyn_into().ok());
    if let Some(next) = next {
        let _ = next.focus();
    }
}

/// Escape ends the selection, and so does Back on a phone.
pub fn selection_bar() -> AnyView {
    let view = use_conversation_view();
    let count = move || view.selected.with(Vec::len);
    let text = move || match count() {
        MAX_MESSAGES => format!("{MAX_MESSAGES} selected, no more at once"),
        count => format!("{count} selected"),
    };
    let pressed = window_event_listener(ev::keydown, move |event| {
        let dialog = document().query_selector("dialog[open]");
        if event.key() == "Escape" && dialog.is_ok_and(|it| it.is_none()) {
            end(view);
        }
    });
    on_cleanup(move || pressed.remove());
    effect(move || close_by_back(Arc::new(move || end(view))));
    let forward = move |_| view.forwarding.set(Some(view.selected.get_untracked()));
    view! {
        <div class="selection-bar" role="group" aria-label="Selected messages">
            <span class="grow" role="status">{text}</span>
            <button type="button" class="button button-primary" disabled=move || count() == 0 on:click=forward>
                "Forward"
            </button>
            <button type="button" class="button" on:click=move |_| end(view)>
                "Cancel"
            </button>
        </div>
    }
    .into_any()
}

/// The focus goes where it is at home.
fn end(view: ConversationView) {
    view.selecting.set(false);
    view.selected.set(Vec::new());
    focus_first("#timeline");
}
