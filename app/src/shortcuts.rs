//! The keys of the whole page, and the dialog that teaches them.

use crate::{live::use_live, ui::Dialog};
use leptos::{ev, prelude::*};
use leptos_router::hooks::{use_location, use_navigate};
use model::ConversationId;
use wasm_bindgen::JsCast;

const KEYS: [(&str, &str); 10] = [
    ("Alt + ↑ / ↓", "Previous or next conversation"),
    ("Ctrl + K", "Find a conversation"),
    ("↑ / ↓", "Move through conversations or messages"),
    ("Enter", "Send the message"),
    ("Shift + Enter", "New line"),
    ("↑ in an empty composer", "Edit your last message"),
    ("R", "Reply to the focused message"),
    ("E", "Edit the focused message"),
    ("Esc", "Cancel or close"),
    ("?", "Show this list"),
];

#[component]
pub fn Shortcuts(open: RwSignal<bool>) -> impl IntoView {
    let live = use_live();
    let path = use_location().pathname;
    let navigate = use_navigate();
    let keys = window_event_listener(ev::keydown, move |event| {
        let key = event.key();
        if event.alt_key() && (key == "ArrowUp" || key == "ArrowDown") {
            let ids = live.store.with_untracked(crate::store::ChatStore::head_ids);
            let here = path.get_untracked();
            if let Some(id) = neighbour(&ids, open_conversation(&here), key == "ArrowDown") {
                event.prevent_default();
                navigate(
                    &format!("/c/{id}"),
                    leptos_router::NavigateOptions::default(),
                );
            }
        } else if (event.ctrl_key() || event.meta_key()) && key == "k" {
            event.prevent_default();
            focus("#filter");
        } else if key == "?" && !is_typing(&event) {
            event.prevent_default();
            open.set(true);
        }
    });
    on_cleanup(move || keys.remove());
    view! {
        <Dialog open title="Keyboard shortcuts">
            <dl class="keys">
                {KEYS
                    .map(|(keys, what)| view! { <div><dt>{what}</dt><dd><kbd>{keys}</kbd></dd></div> })
                    .collect_view()}
            </dl>
        </Dialog>
    }
    .into_any()
}

fn open_conversation(path: &str) -> Option<ConversationId> {
    path.strip_prefix("/c/")?.parse().ok()
}

fn neighbour(
    ids: &[ConversationId],
    current: Option<ConversationId>,
    forward: bool,
) -> Option<ConversationId> {
    let Some(at) = ids.iter().position(|id| Some(*id) == current) else {
        return if forward { ids.first() } else { ids.last() }.copied();
    };
    let next = if forward { at + 1 } else { at.checked_sub(1)? };
    ids.get(next).copied()
}

/// Whether the keys go into a text.
fn is_typing(event: &ev::KeyboardEvent) -> bool {
    event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| {
            matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
        })
}

/// Puts the focus on the first element that matches.
pub fn focus(selector: &str) {
    let element = document()
        .query_selector(selector)
        .ok()
        .flatten()
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        let _ = element.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::{neighbour, open_conversation};
    use model::ConversationId;

    #[test]
    fn goes_from_conversation_to_conversation() {
        let ids = [1, 2, 3].map(ConversationId);
        let from = |current: Option<i64>, forward| {
            neighbour(&ids, current.map(ConversationId), forward).map(|id| id.0)
        };
        assert_eq!(from(Some(1), true), Some(2));
        assert_eq!(from(Some(1), false), None);
        assert_eq!(from(Some(3), true), None);
        assert_eq!(from(None, true), Some(1));
        assert_eq!(from(None, false), Some(3));
        assert_eq!(from(Some(9), true), Some(1));
    }

    #[test]
    fn knows_the_open_conversation_by_the_address() {
        assert_eq!(open_conversation("/c/42"), Some(ConversationId(42)));
        assert_eq!(open_conversation("/settings"), None);
        assert_eq!(open_conversation("/c/x"), None);
    }
}
