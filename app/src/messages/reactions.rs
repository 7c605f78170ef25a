//! Reactions: the chips under a message, and picking another.

use super::{
    bubble::name_of,
    open::{OpenMessages, use_open},
};
use crate::{json, signals::effect, store::Map, ui::on};
use leptos::{ev, prelude::*};
use model::{Message, MessageId, Reaction};
use std::{cmp::Reverse, sync::Arc};
use wasm_bindgen::JsCast;

const COMMON: [&str; 24] = [
    "👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀", "✅", "🔥", "👏", "💯", "😊", "😍", "🤔", "😅",
    "🙌", "🚀", "👋", "💡", "😎", "🥳", "👎", "❌",
];

/// How many of one's own favourites come before the others.
const FAVOURITES: usize = 8;

pub fn reactions(open: OpenMessages, message: &Arc<Message>) -> Option<AnyView> {
    (!message.reactions.is_empty()).then(|| {
        let chips: Vec<_> = message
            .reactions
            .iter()
            .map(|reaction| chip(open, message, reaction))
            .collect();
        part! { <div class="reactions" role="group" aria-label="Reactions">{chips}</div> }
    })
}

fn chip(open: OpenMessages, message: &Arc<Message>, reaction: &Reaction) -> AnyView {
    let me = open.live.store.with_untracked(|store| store.me.user.id);
    let mine = reaction.user_ids.contains(&me);
    let names: Vec<_> = reaction
        .user_ids
        .iter()
        .map(|id| name_of(open, *id))
        .collect();
    let who = format!("{} {}", reaction.emoji, names.join(", "));
    let (emoji, message) = (reaction.emoji.clone(), message.clone());
    part! {
        <button
            type="button"
            class="reaction"
            aria-pressed=mine.to_string()
            aria-label=who.clone()
            title=who
            on:click=on::click(move |event| {
                event.stop_propagation();
                open.react(&message, emoji.clone());
            })
        >
            <span aria-hidden="true">{reaction.emoji.clone()}</span>
            <span aria-hidden="true">{reaction.count.to_string()}</span>
        </button>
    }
}

/// A small set of emoji, one's own favourites first; arrows walk through it.
#[component]
pub fn Picker(id: MessageId) -> impl IntoView {
    let open = use_open();
    effect(move || {
        request_animation_frame(move || {
            keep_in_view();
            crate::shortcuts::focus(".picker button");
        });
    });
    let buttons: Vec<_> = favourites(&stored_counts(), &COMMON)
        .into_iter()
        .map(|emoji| {
            let picked = emoji.clone();
            let label = format!("React with {emoji}");
            part! {
                <button type="button" class="emoji" aria-label=label on:click=on::click(move |event| {
                    event.stop_propagation();
                    count(&picked);
                    if let Some(message) = open.message(id) {
                        open.react(&message, picked.clone());
                    }
                })>
                    {emoji}
                </button>
            }
        })
        .collect();
    part! {
        <div class="picker" role="group" aria-label="Pick a reaction" on:keydown=on::key(move |event| on_key(&event, open, id))>
            {buttons}
        </div>
    }
}

/// It opens upwards, as the newest messages are the ones that most are about; if there is room.
fn keep_in_view() {
    let top = |element: &web_sys::Element| element.get_bounding_client_rect().top();
    if let Ok(Some(picker)) = document().query_selector(".picker")
        && let Ok(Some(timeline)) = picker.closest(".timeline")
        && top(&picker) < top(&timeline)
    {
        let _ = picker.class_list().add_1("picker-below");
    }
}

fn on_key(event: &ev::KeyboardEvent, open: OpenMessages, id: MessageId) {
    let here = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let next = match (event.key().as_str(), here) {
        ("ArrowRight", Some(here)) => here.next_element_sibling(),
        ("ArrowLeft", Some(here)) => here.previous_element_sibling(),
        ("ArrowDown" | "ArrowUp", _) => None,
        ("Escape", _) => {
            open.stop_picking(id);
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

/// Those used most, then the common ones.
fn favourites(counts: &[(String, u32)], common: &[&str]) -> Vec<String> {
    let counts = counts.iter().enumerate();
    let used: Map<_, _> = counts
        .map(|(at, (emoji, count))| ((Reverse(*count), at), emoji.clone()))
        .collect();
    let mut emoji: Vec<_> = used.into_values().take(FAVOURITES).collect();
    for common in common {
        if !emoji.iter().any(|emoji| emoji == common) {
            emoji.push((*common).to_owned());
        }
    }
    emoji
}

const STORED_AS: &str = "parlance.reactions";

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

fn stored_counts() -> Vec<(String, u32)> {
    storage()
        .and_then(|storage| storage.get_item(STORED_AS).ok().flatten())
        .and_then(|text| json::read(&text))
        .unwrap_or_default()
}

/// Remembers that this one was used.
fn count(emoji: &str) {
    let mut counts = stored_counts();
    match counts.iter_mut().find(|(known, _)| known == emoji) {
        Some((_, count)) => *count += 1,
        None => counts.push((emoji.to_owned(), 1)),
    }
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(&counts)) {
        // A full storage forgets a favourite, no more.
        let _ = storage.set_item(STORED_AS, &text);
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
