//! The picker of a reaction: 24 common emoji, the user's most used first.

use crate::{
    erased_signal::effect,
    messages::{ConversationView, most_used, record_use, use_conversation_view},
    ui::{focus_first, has_modifier, on, once_built},
};
use leptos::{ev, prelude::*};
use model::MessageId;
use wasm_bindgen::JsCast;

/// Arrow keys move the focus, Escape closes.
pub fn reaction_picker(id: MessageId) -> AnyView {
    let view = use_conversation_view();
    effect(move || {
        once_built(move || {
            keep_in_view();
            focus_first(".picker button");
        });
    });
    let buttons: Vec<_> = most_used(usize::MAX)
        .into_iter()
        .map(|emoji| {
            let picked = emoji.clone();
            let label = format!("React with {emoji}");
            any_view! {
                <button type="button" class="emoji" aria-label=label on:click=on::click(move |event| {
                    event.stop_propagation();
                    record_use(&picked);
                    if let Some(message) = view.message(id) {
                        view.toggle_reaction(&message, picked.clone());
                    }
                })>
                    {emoji}
                </button>
            }
        })
        .collect();
    any_view! {
        <div class="picker" role="group" aria-label="Pick a reaction" on:keydown=on::key(move |event| on_key(&event, view, id))>
            {buttons}
        </div>
    }
}

/// The picker opens upwards, or downwards if it would leave the timeline at the top.
fn keep_in_view() {
    let top = |element: &web_sys::Element| element.get_bounding_client_rect().top();
    if let Ok(Some(picker)) = document().query_selector(".picker")
        && let Ok(Some(timeline)) = picker.closest(".timeline")
        && top(&picker) < top(&timeline)
    {
        let _ = picker.class_list().add_1("picker-below");
    }
}

fn on_key(event: &ev::KeyboardEvent, view: ConversationView, id: MessageId) {
    if has_modifier(event) {
        return;
    }
    let focused = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let next = match (event.key().as_str(), focused) {
        ("ArrowRight", Some(focused)) => focused.next_element_sibling(),
        ("ArrowLeft", Some(focused)) => focused.previous_element_sibling(),
        ("ArrowDown" | "ArrowUp", _) => None,
        ("Escape", _) => {
            view.close_reaction_picker(id);
            event.stop_propagation();
            return;
        }
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    if let Some(next) = next.and_then(|next| next.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = next.focus();
    }
}
