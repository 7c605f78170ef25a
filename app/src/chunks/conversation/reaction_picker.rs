//! The picker of a reaction: 24 common emoji, the user's most used first.

use crate::{
    erased_signal::effect,
    json,
    messages::{ConversationView, use_conversation_view},
    store::Map,
    ui::{focus_first, has_modifier, on},
};
use leptos::{ev, prelude::*};
use model::MessageId;
use std::cmp::Reverse;
use wasm_bindgen::JsCast;

const COMMON: [&str; 24] = [
    "👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀", "✅", "🔥", "👏", "💯", "😊", "😍", "🤔", "😅",
    "🙌", "🚀", "👋", "💡", "😎", "🥳", "👎", "❌",
];

/// So many of the user's most used reactions come first.
const MAX_FAVOURITES: usize = 8;

/// Arrow keys move the focus, Escape closes.
pub fn reaction_picker(id: MessageId) -> AnyView {
    let view = use_conversation_view();
    effect(move || {
        request_animation_frame(move || {
            keep_in_view();
            focus_first(".picker button");
        });
    });
    let buttons: Vec<_> = favourites(&stored_counts(), &COMMON)
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

/// The most used reactions, then the common ones.
fn favourites(counts: &[(String, u32)], common: &[&str]) -> Vec<String> {
    let counts = counts.iter().enumerate();
    let used: Map<_, _> = counts
        .map(|(at, (emoji, count))| ((Reverse(*count), at), emoji.clone()))
        .collect();
    let mut emoji: Vec<_> = used.into_values().take(MAX_FAVOURITES).collect();
    for common in common {
        if !emoji.iter().any(|emoji| emoji == common) {
            emoji.push((*common).to_owned());
        }
    }
    emoji
}

/// The key of the counts in `localStorage`: a list of pairs of emoji and count, as JSON.
const STORAGE_KEY: &str = "parlance.reactions";

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

fn stored_counts() -> Vec<(String, u32)> {
    storage()
        .and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten())
        .and_then(|text| json::read(&text))
        .unwrap_or_default()
}

/// Counts a use.
fn record_use(emoji: &str) {
    let mut counts = stored_counts();
    match counts.iter_mut().find(|(known, _)| known == emoji) {
        Some((_, count)) => *count += 1,
        None => counts.push((emoji.to_owned(), 1)),
    }
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(&counts)) {
        // If the storage is full, this use is not counted.
        let _ = storage.set_item(STORAGE_KEY, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::favourites;

    #[test]
    fn favourites_come_first_and_nothing_twice() {
        let counts = [("❤️".to_owned(), 1), ("🦀".to_owned(), 5)];
        assert_eq!(favourites(&counts, &["👍", "❤️"]), ["🦀", "❤️", "👍"]);
        assert_eq!(favourites(&[], &["👍", "❤️"]), ["👍", "❤️"]);
    }
}
