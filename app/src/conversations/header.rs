//! The header of the open conversation: name, presence or number of members, and its menu.

use super::{avatar::conversation_avatar, panels::PanelState, thread_panel::pins_button};
use crate::{
    chunks::{START, StartPart},
    client::{follow_preview, spawn, use_client},
    erased_signal::{ErasedSignal, effect, memo},
    finding::search_button,
    presence::presence_text,
    store::Key,
    ui::{Icon, dynamic_attr, dynamic_text, dynamic_view, icon, on, show_if, text_span},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind};
use std::time::Duration;

/// How often an open channel that the user has not joined is asked for what is new: no event tells them.
const PREVIEW_INTERVAL: Duration = Duration::from_secs(4);

#[component]
pub fn Header(id: ConversationId) -> impl IntoView {
    let client = use_client();
    let title = dynamic_text(move || {
        client.store.with(&[Key::Head(id)], |store| {
            store.title(id).unwrap_or_default().to_owned()
        })
    });
    let description = dynamic_text(move || {
        client
            .store
            .with(&[Key::Head(id)], |store| {
                store.summary(id)?.conversation.description.clone()
            })
            .filter(|text| !text.is_empty())
            .map_or_else(String::new, |text| format!(" · {text}"))
    });
    any_view! {
        <header class="pane-header">
            <a class="icon-button only-narrow" href="/" aria-label="Back to conversations">
                {icon(Icon::Back)}
            </a>
            {face(id)}
            <div class="grow pane-names">
                <h2 id="conversation-title" class="notranslate" dir="auto">{title}</h2>
                <p class="muted one-line">{subtitle(id)} {description}</p>
            </div>
            {search_button(id)}
            {pins_button(id)}
            {buttons(id)}
        </header>
    }
}

/// In a direct conversation a button that opens the card of the other user (`finding.rs`).
fn face(id: ConversationId) -> AnyView {
    let client = use_client();
    let peer = memo(move || {
        client.store.with(&[Key::Head(id)], |store| {
            Some(store.summary(id)?.peer.as_ref()?.id)
        })
    });
    dynamic_view(move || match peer.get() {
        Some(peer) => any_view! {
            <button type="button" class="face-button" aria-label="Profile" data-user=peer.to_string()>
                {conversation_avatar(id)}
            </button>
        },
        None => conversation_avatar(id),
    })
}

/// Below the name: the presence of the other user, or the number of members.
fn subtitle(id: ConversationId) -> AnyView {
    let client = use_client();
    let facts = memo(move || {
        client.store.with(&[Key::Head(id)], |store| {
            let summary = store.summary(id)?;
            Some((
                summary.conversation.kind,
                summary.peer.as_ref().map(|peer| peer.id),
                summary.conversation.member_count,
            ))
        })
    });
    dynamic_view(move || match facts.get() {
        Some((_, Some(peer), _)) => presence_text(peer),
        Some((ConversationKind::Announcements, ..)) => text_span("Everybody"),
        Some((_, None, 1)) => text_span("1 member"),
        Some((_, None, count)) => text_span(&format!("{count} members")),
        None => ().into_any(),
    })
}

fn buttons(id: ConversationId) -> AnyView {
    let client = use_client();
    let facts = memo(move || {
        client.store.with(&[Key::Head(id)], |store| {
            let summary = store.summary(id)?;
            Some((summary.conversation.kind, summary.role.is_some()))
        })
    });
    dynamic_view(move || match facts.get() {
        None => ().into_any(),
        Some((ConversationKind::Direct | ConversationKind::Announcements, _)) => more_button(id),
        Some((_, false)) => join_button(id),
        Some((_, true)) => any_view! { {members_button()} {more_button(id)} },
    })
}

/// Of an open channel. What is said there is shown as it comes, also to those who have not joined.
fn join_button(id: ConversationId) -> AnyView {
    let client = use_client();
    effect(move || {
        let follow = move || follow_preview(client, id);
        if let Ok(interval) = set_interval_with_handle(follow, PREVIEW_INTERVAL) {
            on_cleanup(move || interval.clear());
        }
    });
    any_view! {
        <button type="button" class="button button-primary" on:click=on::click(move |_| {
            spawn(async move { drop(client.join_channel(id).await) });
        })>
            "Join"
        </button>
    }
}

fn members_button() -> AnyView {
    let panels = expect_context::<PanelState>();
    let members = dynamic_attr(move || panels.members.get().to_string());
    any_view! {
        <button
            type="button"
            class="icon-button members-button only-scripted"
            aria-label="Members"
            title="Members"
            aria-expanded=members
            on:click=on::click(move |_| panels.members.update(|open| *open = !*open))
        >
            {icon(Icon::Group)}
        </button>
    }
}

/// The button of the menu, which comes in a chunk.
fn more_button(id: ConversationId) -> AnyView {
    let open = ErasedSignal::new(false);
    any_view! {
        <div class="menu only-scripted">
            <button
                type="button"
                class="icon-button header-more"
                aria-label="More"
                title="More"
                aria-haspopup="menu"
                aria-expanded=dynamic_attr(move || open.get().to_string())
                on:click=on::click(move |_| open.update(|open| *open = !*open))
            >
                {icon(Icon::More)}
            </button>
            {show_if(move || open.get().then(|| START.view(StartPart::HeaderMenu(id, open))))}
        </div>
    }
}
