//! Keyboard shortcuts of the whole page, and the dialog that lists them, from a chunk.

use crate::{
    chunks::{START, StartPart},
    erased_signal::ErasedSignal,
    router::use_router,
    sidebar_sections::SidebarState,
    ui::{Dialog, focus_first, is_apple, is_composing, is_in_input, is_in_text_box, letter},
};
use leptos::{ev, prelude::*};
use model::ConversationId;

#[component]
pub fn Shortcuts(open: ErasedSignal<bool>) -> impl IntoView {
    let sidebar = expect_context::<SidebarState>();
    let router = use_router();
    let keys = window_event_listener(ev::keydown, move |event| {
        if is_composing(&event) {
            // They end the composition, and neither close the dialog around it nor submit its form.
            let ends = event.key();
            if ends == "Escape" || ends == "Enter" && is_in_input(&event) {
                event.prevent_default();
            }
            return;
        }
        if event.default_prevented() {
            return;
        }
        if let Some(forward) = is_between_conversations(&event) {
            let ids = sidebar.order();
            let current = untrack(|| router.conversation());
            if let Some(id) = neighbour(&ids, current, forward) {
                event.prevent_default();
                router.navigate(&format!("/c/{id}"));
            }
        } else if is_find(&event) {
            event.prevent_default();
            focus_first("#filter");
        } else if is_help(&event) {
            event.prevent_default();
            open.set(true);
        }
    });
    on_cleanup(move || keys.remove());
    any_view! {
        <Dialog open title="Keyboard shortcuts">
            {START.view(StartPart::Shortcuts)}
        </Dialog>
    }
}

/// The conversation before or after the current one; the first or the last if it is not in the list.
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

/// Alt with the up or the down key: whether forward. On Apple's systems these belong to text boxes.
fn is_between_conversations(event: &ev::KeyboardEvent) -> Option<bool> {
    let forward = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return None,
    };
    let is_alt = event.alt_key() && !(event.ctrl_key() || event.meta_key() || event.shift_key());
    (is_alt && !is_of_apples_text_box(event) && !is_dialog_open()).then_some(forward)
}

/// Ctrl or Cmd with K. On Apple's systems Ctrl + K deletes to the end of a line.
fn is_find(event: &ev::KeyboardEvent) -> bool {
    let is_control = event.ctrl_key() && !is_of_apples_text_box(event);
    (is_control || event.meta_key())
        && !(event.alt_key() || event.shift_key())
        && letter(event) == Some('k')
}

fn is_of_apples_text_box(event: &ev::KeyboardEvent) -> bool {
    is_apple() && is_in_text_box(event)
}

/// What is behind an open dialog stays as it is.
fn is_dialog_open() -> bool {
    matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}

/// A question mark, also that of Arabic and the wide one, outside of text boxes.
fn is_help(event: &ev::KeyboardEvent) -> bool {
    matches!(event.key().as_str(), "?" | "؟" | "？")
        && !(event.ctrl_key() || event.meta_key())
        && !is_in_text_box(event)
}

#[cfg(test)]
mod tests {
    use super::neighbour;
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
}
