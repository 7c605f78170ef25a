//! The results of a search: each leads to its message, and stays when one has gone there.

use super::{
    jumps::{Jumps, has_room_for_panel},
    search_note::search_note,
    search_state::SearchState,
    snippet::snippet_html,
};
use crate::{
    client::FoundMessage,
    erased_signal::{ErasedSignal, effect},
    store::Key,
    ui::{LocalTime, TimeFormat, avatar, dynamic_text, keyed_list, on, optional_attr, show_if},
};
use leptos::{ev, prelude::*};
use model::{Attachment, MatchKind, MessageId};

const LIST_ID: &str = "search-results";

pub fn result_list(state: SearchState) -> AnyView {
    let opened = ErasedSignal::new(None::<MessageId>);
    let on_scroll = state.results.grow_in(LIST_ID);
    come_back(state, opened);
    let rows = keyed_list(
        move || with_first_similar(state.results.items.get()),
        |(message, is_first)| {
            // Another search marks other parts of the same message.
            format!(
                "{} {is_first} {}",
                message.id,
                snippet_html(&message.snippet)
            )
        },
        move |(message, is_first)| result(state, message, *is_first, opened),
    );
    any_view! {
        <div id=LIST_ID class="search-results" on:scroll=on_scroll>
            {search_note(state)}
            <ol aria-label="Results">{rows}</ol>
            {state.results.foot()}
        </div>
        {return_button(state)}
    }
}

/// Each result, and whether it is the first of those that are only similar.
fn with_first_similar(items: Vec<FoundMessage>) -> Vec<(FoundMessage, bool)> {
    let first = items
        .iter()
        .position(|it| it.match_kind == MatchKind::Similar);
    let items = items.into_iter().enumerate();
    items
        .map(|(at, message)| (message, Some(at) == first))
        .collect()
}

fn result(
    state: SearchState,
    message: &FoundMessage,
    is_first_similar: bool,
    opened: ErasedSignal<Option<MessageId>>,
) -> AnyView {
    let (id, conversation) = (message.id, message.conversation_id);
    let client = state.jumps.client;
    let title = dynamic_text(move || {
        client.store.with(&[Key::Head(conversation)], |store| {
            store
                .title(conversation)
                .unwrap_or("A conversation")
                .to_owned()
        })
    });
    let open = move |event: ev::MouseEvent| {
        // With a modifier it is the browser's, as any link.
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        event.prevent_default();
        opened.set(Some(id));
        if !has_room_for_panel() {
            state.shown.set(Some(conversation));
            state.jumps.finding.search_away.set(true);
        }
        state.jumps.finding.show_message(conversation, id);
    };
    let sender = &message.sender;
    let heading =
        is_first_similar.then(|| any_view! { <p class="search-heading">"Similar words"</p> });
    let files: Vec<_> = message.attachments.iter().map(file).collect();
    let current = optional_attr(move || (opened.get() == Some(id)).then_some("true"));
    any_view! {
        <li>
            {heading}
            <a
                class="search-result"
                href=format!("/c/{conversation}/m/{id}")
                aria-current=current
                on:click=on::click(open)
            >
                {avatar(sender.id.0, &sender.name, sender.avatar_url.as_deref())}
                <span class="search-text">
                    <span class="search-top">
                        <strong class="one-line notranslate" dir="auto">{sender.name.clone()}</strong>
                        <LocalTime at=message.created_at format=TimeFormat::Short />
                    </span>
                    <span class="search-snippet" dir="auto" inner_html=snippet_html(&message.snippet)></span>
                    {files}
                    <span class="muted one-line"><span class="sr-only">"In "</span><bdi class="notranslate">{title}</bdi></span>
                </span>
            </a>
        </li>
    }
}

/// The name of a file, with the smallest thumbnail of a picture.
fn file(file: &Attachment) -> AnyView {
    let picture = file.thumbnails.first().map(|it| {
        let address = it.url.clone();
        any_view! { <img src=address alt="" loading="lazy" /> }
    });
    any_view! { <span class="search-file one-line" dir="auto">{picture}{file.name.clone()}</span> }
}

/// On narrow pages the panel comes back with the browser's button, and goes for good where somebody goes to
/// another conversation.
fn come_back(state: SearchState, opened: ErasedSignal<Option<MessageId>>) {
    let Jumps {
        finding, router, ..
    } = state.jumps;
    effect(move || {
        let back = window_event_listener(ev::popstate, move |_| {
            // The button may have closed the thread of the message.
            let is_there = untrack(|| router.message()) == opened.get_untracked();
            if !is_there && finding.search_away.get_untracked() {
                finding.search_away.set(false);
            }
        });
        on_cleanup(move || back.remove());
    });
    effect(move || {
        let here = router.conversation();
        let is_elsewhere = here != state.shown.get_untracked();
        if is_elsewhere && finding.search_away.get_untracked() && !has_room_for_panel() {
            finding.close_search();
        }
    });
}

fn return_button(state: SearchState) -> AnyView {
    let finding = state.jumps.finding;
    show_if(move || {
        finding.search_away.get().then(|| {
            any_view! {
                <button type="button" class="search-return" on:click=on::click(move |_| finding.search_away.set(false))>
                    "Back to the results"
                </button>
            }
        })
    })
}
