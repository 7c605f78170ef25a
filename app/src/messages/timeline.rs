//! The timeline: the scroller with its rows, keys, and announcements for screen readers.

use super::{
    conversation_view::{ConversationView, use_conversation_view},
    reading::Side,
    row::{Row, hand_over_focus},
    scroll::Scroll,
    scroller::SCROLLER_ID,
};
use crate::{
    chunks::{FORWARD, ForwardPart},
    erased_signal::{ErasedSignal, effect, memo},
    store::{Key, RowKey, UnreadLine},
    ui::{
        Icon, day_name, dynamic_attr, dynamic_text, dynamic_view, empty_state, focus_first, icon,
        keyed_list, letter, on, show_if, use_zone,
    },
};
use leptos::{ev, prelude::*};
use model::{ConversationId, MessageId};
use wasm_bindgen::JsCast;

#[component]
pub fn Timeline(id: ConversationId) -> impl IntoView {
    let view = use_conversation_view();
    let zone = use_zone();
    let client = view.client;
    let rows = memo(move || {
        let unread_after = view.unread_line.get().map(UnreadLine::after);
        let window = view.window.get();
        client.store.with(&[Key::Rows(id), Key::Outbox], |store| {
            store.rows(id, window, unread_after, &|at| zone.day(at))
        })
    });
    let scroll = Scroll::new(view, rows);
    let is_empty = move || rows.with(Vec::is_empty);
    any_view! {
        <div class="timeline-frame">
            <div
                class="timeline"
                id=SCROLLER_ID
                role="log"
                aria-live="off"
                aria-label="Messages"
                tabindex="0"
                on:scroll=on::input(move |_| scroll.on_scroll())
                on:keydown=on::key(move |event| on_key(&event, view))
                on:pointerleave=on::pointer(move |event| {
                    // A touch pointer leaves with every tap, before the click.
                    if event.pointer_type() == "mouse" {
                        leave(view);
                    }
                })
            >
                <ol class="rows">
                    {keyed_list(move || rows.get(), RowKey::to_key, move |key| row(id, key.clone()))}
                </ol>
                {show_if(move || is_empty().then(empty_timeline))}
            </div>
            {line_button(view, scroll)}
            {jump_button(view, scroll)}
            {show_if(move || view.selecting.get().then(|| FORWARD.view(ForwardPart::Bar)))}
        </div>
        {typing_line(id, None)}
        <Announcer id />
    }
}

fn row(id: ConversationId, key: RowKey) -> AnyView {
    let zone = use_zone();
    match key {
        RowKey::Day(day) => any_view! {
            <li class="day">
                <span>{dynamic_text(move || day_name(zone, day))}</span>
            </li>
        },
        RowKey::Unread => any_view! { <li class="unread-line"><span>"New messages"</span></li> },
        RowKey::Missed => {
            any_view! { <li class="missed-line"><span>"Came while offline"</span></li> }
        }
        key => any_view! { <Row id key /> },
    }
}

fn empty_timeline() -> AnyView {
    empty_state(
        Icon::Speech,
        "No messages yet",
        "Whatever you write first stands here.",
        ().into_any(),
    )
}

/// Hides the actions, unless the reaction picker or the menu is open.
fn leave(view: ConversationView) {
    let is_open = view.reaction_picker_for.get_untracked().is_some()
        || view.menu_for.get_untracked().is_some();
    if !is_open {
        hand_over_focus();
        view.active.set(None);
    }
}

/// Leads to the first unread message, until somebody has seen where it is.
fn line_button(view: ConversationView, scroll: Scroll) -> AnyView {
    let line = memo(move || {
        let count = view.unread_line.get().map(UnreadLine::count);
        scroll.reading.line.get().zip(count)
    });
    show_if(move || {
        let (side, count) = line.get()?;
        let class = match side {
            Side::Above => "jump jump-new jump-above",
            Side::Below => "jump jump-new",
        };
        Some(any_view! {
            <button type="button" class=class aria-label=format!("{count} new, go to the first") on:click=on::click(move |_| {
                focus_first("#timeline");
                view.go_to_unread();
            })>
                {icon(Icon::Down)}
                <span class="notranslate">{format!("{count} new")}</span>
            </button>
        })
    })
}

fn jump_button(view: ConversationView, scroll: Scroll) -> AnyView {
    let client = view.client;
    let unread = memo(move || {
        client.store.with(&[Key::Head(view.id)], |store| {
            store.summary(view.id).map_or(0, |summary| summary.unread)
        })
    });
    let is_away = memo(move || !scroll.at_end.get() || !scroll.is_end_shown());
    let label = move || match unread.get() {
        0 => "Jump to the newest message".to_owned(),
        1 => "Jump to the newest message, 1 unread".to_owned(),
        count => format!("Jump to the newest message, {count} unread"),
    };
    show_if(move || {
        is_away.get().then(|| {
            any_view! {
                <button type="button" class="jump" aria-label=dynamic_attr(label) on:click=on::click(move |_| scroll.to_end())>
                    {icon(Icon::Down)}
                    {show_if(move || (unread.get() > 0).then(|| any_view! { <span class="badge notranslate">{unread.get().to_string()}</span> }))}
                </button>
            }
        })
    })
}

/// Up and down move the focus between messages, R replies to the focused one and E edits it, Escape
/// goes to the composer.
pub fn on_key(event: &ev::KeyboardEvent, view: ConversationView) {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let Some(target) = target else { return };
    let focused = target
        .get_attribute("data-message")
        .and_then(|id| id.parse().ok().map(MessageId));
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let letter = letter(event);
    match event.key().as_str() {
        "ArrowUp" | "ArrowDown"
            if focused.is_some() || target.get_attribute("role").as_deref() == Some("log") =>
        {
            event.prevent_default();
            move_focus(&target, event.key() == "ArrowDown");
        }
        // Closes the pane of a thread.
        "Escape" if view.thread.is_some() => {}
        "Escape" => {
            view.reaction_picker_for.set(None);
            view.active.set(None);
            focus_first("#composer");
        }
        _ if matches!(letter, Some('r' | 'e')) => {
            let message = focused
                .and_then(|id| view.message(id))
                .filter(|message| message.deleted_at.is_none());
            let Some(message) = message else { return };
            if letter == Some('r') {
                view.reply_to(&message);
            } else if view.permissions(&message).is_some_and(|may| may.edit) {
                view.start_editing(message.id);
            } else {
                return;
            }
            event.prevent_default();
        }
        _ => {}
    }
}

/// From a message to the next or previous one, and from the timeline to the newest.
fn move_focus(from: &web_sys::Element, down: bool) {
    let step = |from: &web_sys::Element| {
        if down {
            from.next_element_sibling()
        } else {
            from.previous_element_sibling()
        }
    };
    let mut next = if from.has_attribute("data-message") {
        step(from)
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
        next = step(&element);
    }
}

/// Who types, in the main line or in a thread.
pub fn typing_line(id: ConversationId, thread: Option<MessageId>) -> AnyView {
    let client = use_conversation_view().client;
    let names = memo(move || {
        client
            .store
            .with(&[Key::Typing(id), Key::Members(id)], |store| {
                let names = store.typing_names(id, thread).into_iter();
                names.map(str::to_owned).collect::<Vec<_>>()
            })
    });
    // Each name is isolated: one from right to left leaves the sentence as it is.
    let sentence = dynamic_view(move || {
        names.with(|names| match names.as_slice() {
            [] => ().into_any(),
            [one] => any_view! { <bdi>{one.clone()}</bdi> " is typing…" },
            [one, other] => any_view! {
                <bdi>{one.clone()}</bdi> " and " <bdi>{other.clone()}</bdi> " are typing…"
            },
            [one, others @ ..] => any_view! {
                <bdi>{one.clone()}</bdi> {format!(" and {} others are typing…", others.len())}
            },
        })
    });
    any_view! { <p class="typing-line notranslate" aria-live="polite">{sentence}</p> }
}

/// Announces what others write from now on to screen readers; pages that are loaded are not announced.
#[component]
fn Announcer(id: ConversationId) -> impl IntoView {
    let client = use_conversation_view().client;
    let newest = memo(move || {
        client.store.with(&[Key::Rows(id), Key::Head(id)], |store| {
            let mut messages = store.timeline(id)?.messages().rev();
            let message = messages.find(|message| store.is_of_others(message))?;
            // What is fetched after a lost connection is told once, when all of it is there.
            let is_due = !store.has_newer(id) && !store.is_catching_up(id);
            is_due.then(|| {
                let missed = store.missed(id);
                let is_late = missed.is_some_and(|it| message.position <= it.until);
                let others = match store.missed_count(id) {
                    count if is_late && count > 1 => {
                        format!("{count} messages came while offline. ")
                    }
                    1 if is_late => "Came while offline. ".to_owned(),
                    _ => String::new(),
                };
                let (name, line) = (&message.sender.name, message.line());
                (message.position, format!("{others}{name}: {line}"))
            })
        })
    });
    let announcement = ErasedSignal::new(String::new());
    let mut last = client.store.with_untracked(|store| {
        let summary = store.summary(id);
        summary.map_or(0, |summary| summary.conversation.position)
    });
    effect(move || {
        let (position, text) = newest.get().unwrap_or_default();
        if position > last {
            last = position;
            announcement.set(text);
        }
    });
    any_view! {
        <p class="sr-only notranslate" aria-live="polite">
            {dynamic_text(move || announcement.get())}
        </p>
    }
}
