//! The panels of a thread and of the pinned messages. What is in them comes in a chunk.

use super::panels::{PanelState, close_panel};
use crate::{
    chunks::{THREADS, ThreadsPart},
    client::use_client,
    erased_signal::effect,
    finding::use_finding,
    messages::{ConversationView, use_conversation_view},
    store::Key,
    ui::{Icon, dynamic_attr, dynamic_text, focus_first, icon, on, panel, show_if},
};
use leptos::prelude::*;
use model::{ConversationId, MessageId};
use std::sync::Arc;

pub fn thread_panel(root: MessageId) -> AnyView {
    let view = use_conversation_view();
    let close = move || {
        view.open_thread.set(None);
        // A row is before its button in the document.
        focus_first(&format!(
            "#m-{root}:not(:has(.thread-link)),#m-{root} .thread-link,#composer"
        ));
    };
    let title = dynamic_text(move || {
        view.client.store.with(&[Key::Head(view.id)], |store| {
            store.title(view.id).unwrap_or_default().to_owned()
        })
    });
    panel(
        "Thread",
        any_view! { <p class="muted one-line notranslate" dir="auto">{title}</p> },
        dynamic_attr(|| "members thread-panel"),
        "aside.members button",
        Box::new(|| true),
        Arc::new(close),
        THREADS.view(ThreadsPart::Pane(root)),
    )
}

pub fn pin_panel(id: ConversationId) -> AnyView {
    let panels = expect_context::<PanelState>();
    let view = use_conversation_view();
    effect(move || {
        // Somebody has jumped to a message, which the panel would cover.
        if view.highlighted.get().is_some() && covers_messages() {
            close_panel(panels.pins);
        }
    });
    let close = move || {
        panels.pins.set(false);
        focus_first(".pins-button,#composer");
    };
    panel(
        "Pinned messages",
        ().into_any(),
        dynamic_attr(|| "members pin-panel"),
        "aside.members button",
        Box::new(|| true),
        Arc::new(close),
        THREADS.view(ThreadsPart::Pins(id)),
    )
}

/// Whether a panel is over the messages, as on narrow pages, and not beside them.
fn covers_messages() -> bool {
    let query = window().match_media("(width < 68rem)").ok().flatten();
    query.is_some_and(|query| query.matches())
}

/// One panel at a time is beside the messages. Results of a search wait while a thread is open, unless there is
/// room for both (`style/search.css`).
pub fn keep_one_open(view: ConversationView, panels: PanelState) {
    let finding = use_finding();
    effect(move || {
        if finding.is_search_shown() {
            close_panel(panels.members);
            close_panel(panels.pins);
            close_thread(view);
        }
    });
    effect(move || {
        if view.open_thread.get().is_some() {
            close_panel(panels.members);
            close_panel(panels.pins);
            finding.put_search_away(true);
        } else if !covers_messages() {
            finding.put_search_away(false);
        }
    });
    for (panel, other) in [(panels.members, panels.pins), (panels.pins, panels.members)] {
        effect(move || {
            if panel.get() {
                close_panel(other);
                close_thread(view);
                finding.hide_search();
            }
        });
    }
}

fn close_thread(view: ConversationView) {
    if view.open_thread.get_untracked().is_some() {
        view.open_thread.set(None);
    }
}

/// The button of the pinned messages, where there are some.
pub fn pins_button(id: ConversationId) -> AnyView {
    let client = use_client();
    let panels = expect_context::<PanelState>();
    let count = move || {
        client
            .store
            .with(&[Key::Pins(id)], |store| store.pin_count(id))
    };
    show_if(move || {
        let count = count();
        let label = format!("Pinned messages, {count}");
        (count > 0).then(|| {
            any_view! {
                <button
                    type="button"
                    class="icon-button pins-button only-scripted notranslate"
                    aria-label=label
                    title="Pinned messages"
                    aria-expanded=dynamic_attr(move || panels.pins.get().to_string())
                    on:click=on::click(move |_| panels.pins.update(|open| *open = !*open))
                >
                    {icon(Icon::Pin)}
                    <span aria-hidden="true">{count.to_string()}</span>
                </button>
            }
        })
    })
}
