//! One row of the timeline: a message, or one of the outbox.

use super::{
    bubble::bubble,
    conversation_view::{ConversationView, use_conversation_view},
    names::{face, own_sender},
    outgoing::outgoing,
};
use crate::{
    chunks::{FORWARD, ForwardPart, LIVE, LivePart},
    erased_signal::{ErasedMemo, memo},
    store::{Entry, MessageRow, RowKey},
    ui::{dynamic_attr, focus_first, has_pointer, on, optional_attr, show_if},
};
use leptos::{ev, prelude::*};
use model::{ConversationId, Message, MessageId, MessageKind, UserId};
use wasm_bindgen::JsCast;

#[component]
pub fn Row(id: ConversationId, key: RowKey) -> impl IntoView {
    let view = use_conversation_view();
    let store = view.client.store;
    let row = memo(move || {
        let keys = store.with_untracked(|store| store.keys_of_row(id, view.thread, &key));
        store.with(&keys, |store| store.row_of_line(id, view.thread, &key))
    });
    let message_id =
        memo(move || row.with(|row| message_of(row.as_ref()).map(|message| message.id)));
    let me = store.with_untracked(|store| store.me.user.id);
    let class = dynamic_attr(move || {
        let class = row.with(|row| class_of(row.as_ref(), me));
        let is_highlighted =
            view.highlighted.get().is_some() && view.highlighted.get() == message_id.get();
        format!("{class}{}", if is_highlighted { " marked" } else { "" })
    });
    let is_editing = memo(move || {
        let id = message_id.get();
        id.is_some() && view.editing.get() == id
    });
    let activate = move || {
        if view.active.get_untracked() != message_id.get_untracked() {
            hand_over_focus();
            view.active.set(message_id.get_untracked());
            view.reaction_picker_for.set(None);
            view.menu_for.set(None);
        }
    };
    any_view! {
        <li
            id=optional_attr(move || message_id.get().map(|id| view.row_id(id)))
            data-message=optional_attr(move || message_id.get().map(|id| id.to_string()))
            class=class
            tabindex="-1"
            on:pointerenter=on::pointer(move |event| {
                // An open menu stays while the pointer goes to it.
                if event.pointer_type() == "mouse" && view.menu_for.get_untracked().is_none() {
                    activate();
                }
            })
            on:focusin=on::focus(move |event| {
                // What a finger focuses it presses next: what moves under it before misses the press.
                if has_pointer() || is_by_keyboard(&event) {
                    activate();
                }
            })
            on:click=on::click(move |event| {
                // A finger on an option of a poll votes, and asks for nothing else.
                if has_pointer() || !is_on_option(&event) {
                    activate();
                }
                on_click(&event, view, message_id.get_untracked());
            })
        >
            {show_if(move || {
                // While it is edited, nothing that happens to the message builds the form anew.
                if is_editing.get() { message_id.get_untracked().map(|id| LIVE.view(LivePart::Edit(id, row))) } else { row.get().map(content) }
            })}
            {show_if(move || {
                if view.selecting.get() { Some(FORWARD.view(ForwardPart::Box(message_id))) } else { is_active(view, message_id).then(|| actions(message_id)) }
            })}
        </li>
    }
}

/// Before the actions of a message go: if the keyboard is on one of them, its message has the focus then.
pub fn hand_over_focus() {
    focus_first("li:has(> .actions :focus-visible)");
}

fn is_by_keyboard(event: &ev::FocusEvent) -> bool {
    target_of(event).is_some_and(|it| it.matches(":focus-visible").unwrap_or(false))
}

fn is_on_option(event: &ev::MouseEvent) -> bool {
    target_of(event).is_some_and(|it| matches!(it.closest(".poll-option"), Ok(Some(_))))
}

fn target_of(event: &web_sys::Event) -> Option<web_sys::Element> {
    event.target()?.dyn_into().ok()
}

/// A click on one of the buttons of a bubble, which is HTML without handlers of its own.
fn on_click(
    event: &ev::MouseEvent,
    view: ConversationView,
    message_id: Option<MessageId>,
) -> Option<()> {
    let button = target_of(event)?.closest("button[data-act]").ok()??;
    match button.get_attribute("data-act")?.as_str() {
        "history" => view.history.set(message_id),
        "thread" => {
            let root = button.get_attribute("data-thread")?.parse().ok()?;
            view.open_thread.set(Some(MessageId(root)));
        }
        "fold" => {
            let row = button.closest("li").ok()??;
            let timeline = button.closest(".timeline,.thread-rows").ok()??;
            let top = |element: &web_sys::Element| element.get_bounding_client_rect().top();
            view.toggle_fold(message_id?);
            // Its beginning is out of view, and would be farther away when it is shorter.
            if top(&row) < top(&timeline) {
                if view.thread.is_none() {
                    view.scroll_target.set(message_id);
                } else {
                    row.scroll_into_view();
                }
            }
        }
        // The quoted message: its id and its position.
        quoted => {
            let (id, position) = quoted.split_once(' ')?;
            view.jump_to(MessageId(id.parse().ok()?), position.parse().ok()?);
        }
    }
    Some(())
}

/// Empty, and so invisible, where nothing can be done.
fn actions(message_id: ErasedMemo<Option<MessageId>>) -> AnyView {
    let actions = LIVE.view(LivePart::Actions(message_id));
    any_view! { <div class="actions" role="group" aria-label="Message actions">{actions}</div> }
}

fn is_active(view: ConversationView, id: ErasedMemo<Option<MessageId>>) -> bool {
    let id = id.get();
    id.is_some() && view.active.get() == id && view.editing.get() != id
}

/// `None` for a message of the outbox.
fn message_of(row: Option<&MessageRow>) -> Option<&Message> {
    match &row?.entry {
        Entry::Message(message) => Some(message),
        Entry::Outgoing(_) => None,
    }
}

fn class_of(row: Option<&MessageRow>, me: UserId) -> &'static str {
    let Some(row) = row else { return "message" };
    let (mine, system) = match &row.entry {
        Entry::Message(message) => (message.sender.id == me, message.kind == MessageKind::System),
        Entry::Outgoing(_) => (true, false),
    };
    match (system, mine, row.starts_group) {
        (true, ..) => "message message-system",
        (_, true, true) => "message message-mine message-first",
        (_, true, false) => "message message-mine",
        (_, false, true) => "message message-first",
        (_, false, false) => "message",
    }
}

fn content(row: MessageRow) -> AnyView {
    let view = use_conversation_view();
    let starts_group = row.starts_group;
    match row.entry {
        Entry::Outgoing(message) => {
            let me = own_sender(view);
            let face = face(&me, starts_group);
            any_view! { {face} {outgoing(*message, &me, starts_group)} }
        }
        Entry::Message(message) if message.kind == MessageKind::System => {
            any_view! { <p class="system-text" dir="auto">{message.body.clone()}</p> }
        }
        Entry::Message(message) => {
            let face = face(&message.sender, starts_group);
            any_view! { {face} {bubble(message, starts_group)} }
        }
    }
}
