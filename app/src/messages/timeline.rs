//! The timeline: a scroller that starts at its end, with the rows in it.

use super::{
    open::{OpenMessages, use_open},
    row::Row,
    scroll::{SCROLLER, Scroll},
};
use crate::{
    signals::{Derived, Var, derived, effect},
    store::RowKey,
    ui::{Icon, attr, day_name, each, empty_state, icon, on, shown, text, use_zone},
};
use leptos::{ev, prelude::*};
use model::{ConversationId, MessageId, MessageKind};
use wasm_bindgen::JsCast;

#[component]
pub fn Timeline(id: ConversationId) -> impl IntoView {
    let open = use_open();
    let zone = use_zone();
    let live = open.live;
    let rows = derived(move || {
        let unread_after = open.unread_after.get();
        live.store
            .with(|store| store.rows(id, unread_after, &|at| zone.day(at)))
    });
    let scroll = Scroll::new(open, rows);
    let is_empty = move || rows.with(Vec::is_empty);
    part! {
        <div class="timeline-frame">
            <div
                class="timeline"
                id=SCROLLER
                role="log"
                aria-live="off"
                aria-label="Messages"
                tabindex="0"
                on:scroll=on::input(move |_| scroll.moved())
                on:keydown=on::key(move |event| on_key(&event, open))
                on:pointerleave=on::pointer(move |event| {
                    // A finger leaves with every tap, before the tap itself counts.
                    if event.pointer_type() == "mouse" {
                        leave(open);
                    }
                })
            >
                <ol class="rows">
                    {each(move || rows.get(), RowKey::name, move |key| row(id, key.clone()))}
                </ol>
                {shown(move || is_empty().then(first_words))}
            </div>
            {jump_button(open, scroll)}
        </div>
        <TypingLine id />
        <Announcer id rows />
    }
}

fn row(id: ConversationId, key: RowKey) -> AnyView {
    let zone = use_zone();
    match key {
        RowKey::Day(day) => part! {
            <li class="day">
                <span>{text(move || day_name(zone, day))}</span>
            </li>
        },
        RowKey::Unread => part! { <li class="unread-line"><span>"New messages"</span></li> },
        key => part! { <Row id key /> },
    }
}

fn first_words() -> AnyView {
    empty_state(
        Icon::Speech,
        "No messages yet",
        "Whatever you write first stands here.",
        ().into_any(),
    )
}

/// The actions stay with a message that has the focus.
fn leave(open: OpenMessages) {
    if open.picking.get_untracked().is_none() {
        open.active.set(None);
    }
}

fn jump_button(open: OpenMessages, scroll: Scroll) -> AnyView {
    let live = open.live;
    let unread = derived(move || {
        live.store
            .with(|store| store.head(open.id).map_or(0, |head| head.unread))
    });
    let is_away = move || !scroll.at_end.get() || live.store.with(|store| store.has_newer(open.id));
    let label = move || match unread.get() {
        0 => "Jump to the newest message".to_owned(),
        1 => "Jump to the newest message, 1 unread".to_owned(),
        count => format!("Jump to the newest message, {count} unread"),
    };
    shown(move || {
        is_away().then(|| {
            part! {
                <button type="button" class="jump" aria-label=attr(label) on:click=on::click(move |_| scroll.to_end())>
                    {icon(Icon::Down)}
                    {shown(move || (unread.get() > 0).then(|| part! { <span class="badge">{unread.get().to_string()}</span> }))}
                </button>
            }
        })
    })
}

/// Up and down walk through the messages; a few letters act on the focused one.
fn on_key(event: &ev::KeyboardEvent, open: OpenMessages) {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let Some(target) = target else { return };
    let focused = target
        .get_attribute("data-message")
        .and_then(|id| id.parse().ok().map(MessageId));
    match event.key().as_str() {
        "ArrowUp" | "ArrowDown"
            if focused.is_some() || target.class_list().contains("timeline") =>
        {
            event.prevent_default();
            walk(&target, event.key() == "ArrowDown");
        }
        "Escape" => {
            open.picking.set(None);
            open.active.set(None);
            crate::shortcuts::focus("#composer");
        }
        "r" | "e" if !(event.ctrl_key() || event.meta_key() || event.alt_key()) => {
            let message = focused
                .and_then(|id| open.message(id))
                .filter(|message| message.deleted_at.is_none());
            let Some(message) = message else { return };
            let me = open.live.store.with_untracked(|store| store.me.user.id);
            if event.key() == "r" {
                open.reply_to(&message);
            } else if message.sender.id == me {
                open.edit(message.id);
            } else {
                return;
            }
            event.prevent_default();
        }
        _ => {}
    }
}

/// From one message to the next, and from the timeline to the newest.
fn walk(from: &web_sys::Element, down: bool) {
    let mut next = if from.has_attribute("data-message") {
        if down {
            from.next_element_sibling()
        } else {
            from.previous_element_sibling()
        }
    } else {
        from.query_selector(".rows > :last-child").ok().flatten()
    };
    while let Some(element) = next {
        if element.has_attribute("data-message") {
            if let Ok(element) = element.dyn_into::<web_sys::HtmlElement>() {
                let _ = element.focus();
            }
            return;
        }
        next = if down {
            element.next_element_sibling()
        } else {
            element.previous_element_sibling()
        };
    }
}

#[component]
fn TypingLine(id: ConversationId) -> impl IntoView {
    let live = use_open().live;
    let names = derived(move || {
        live.store
            .with(|store| match store.typing_names(id).as_slice() {
                [] => String::new(),
                [one] => format!("{one} is typing…"),
                [one, other] => format!("{one} and {other} are typing…"),
                [one, others @ ..] => format!("{one} and {} others are typing…", others.len()),
            })
    });
    part! {
        <p class="typing-line" aria-live="polite">
            {text(move || names.get())}
        </p>
    }
}

/// Reads what arrives to those who listen, and only that: pages of the past stay silent.
#[component]
fn Announcer(id: ConversationId, rows: Derived<Vec<RowKey>>) -> impl IntoView {
    let live = use_open().live;
    let newest = derived(move || {
        let key = rows.with(|rows| rows.last().cloned());
        let Some(RowKey::Message(message_id)) = key else {
            return None;
        };
        live.store.with(|store| {
            let message = store.message(id, message_id)?;
            let said = message.kind != MessageKind::System && message.deleted_at.is_none();
            said.then(|| {
                (
                    message.position,
                    format!("{}: {}", message.sender.name, message.body),
                )
            })
        })
    });
    let words = Var::new(String::new());
    let mut last = None;
    effect(move || {
        let (position, text) = newest.get().unwrap_or_default();
        if last.is_some_and(|last| position > last) {
            words.set(text);
        }
        last = last.max(Some(position));
    });
    part! {
        <p class="sr-only" aria-live="polite">
            {text(move || words.get())}
        </p>
    }
}
