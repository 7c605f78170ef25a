//! One conversation of the sidebar.

use super::avatar::conversation_avatar;
use crate::{
    chunks::{START, StartPart},
    client::use_client,
    erased_signal::memo,
    router::use_router,
    sidebar_sections::SidebarState,
    store::{ConnectionStatus, Key, OutgoingState},
    ui::{
        Icon, LocalTime, TimeFormat, dynamic_attr, dynamic_text, dynamic_view, escape_html, icon,
        on, optional_attr, show_if, text_span,
    },
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind, ConversationSummary, MessageKind, UserId};

#[component]
pub fn SidebarRow(id: ConversationId) -> impl IntoView {
    let client = use_client();
    let router = use_router();
    let current = move || (router.conversation() == Some(id)).then_some("page");
    let me = client.store.with_untracked(|store| store.me.user.id);
    let summary = memo(move || {
        client
            .store
            .with(&[Key::Head(id)], |store| store.summary(id).cloned())
    });
    let title = dynamic_text(move || {
        client.store.with(&[Key::Head(id)], |store| {
            store.title(id).unwrap_or_default().to_owned()
        })
    });
    let typing = memo(move || {
        client
            .store
            .with(&[Key::Typing(id), Key::Members(id)], |store| {
                !store.typing_names(id, None).is_empty()
            })
    });
    let time = show_if(move || {
        let at = summary.with(|summary| {
            summary
                .as_ref()?
                .last_message
                .as_ref()
                .map(|last| last.created_at)
        });
        at.map(|at| {
            any_view! { <LocalTime at format=TimeFormat::Short /> }
        })
    });
    let last = dynamic_view(move || {
        if typing.get() {
            return any_view! { <span class="typing-now">"typing…"</span> };
        }
        summary
            .with(|summary| summary.as_ref().map(|summary| preview(summary, me)))
            .into_any()
    });
    let state = expect_context::<SidebarState>();
    let class = dynamic_attr(move || {
        let is_muted = client.store.with(&[Key::Muted], |store| store.is_muted(id));
        let has_unread = summary.with(|summary| summary.as_ref().is_some_and(|it| it.unread > 0));
        match (is_muted, has_unread) {
            (true, _) => "row-muted",
            (_, true) => "row-unread",
            _ => "",
        }
    });
    let activate = move || {
        if state.active.with_untracked(|active| *active != Some(id)) {
            state.active.set(Some(id));
        }
    };
    any_view! {
        <li
            class=class
            data-conversation=id.to_string()
            on:pointerenter=on::pointer(move |_| activate())
            on:focusin=on::focus(move |_| activate())
        >
            <a href=format!("/c/{id}") class="conversation" aria-current=optional_attr(current)>
                {conversation_avatar(id)}
                <span class="conversation-text">
                    <span class="conversation-top">
                        <span class="conversation-name notranslate" dir="auto">{title}</span>
                        {time}
                    </span>
                    <span class="conversation-top">
                        <span class="conversation-last" dir="auto">{last}</span>
                        {show_if(move || mark(id, state))}
                        {show_if(move || summary.with(|summary| summary.as_ref().map(badges)))}
                    </span>
                </span>
            </a>
            {show_if(move || (state.active.get() == Some(id)).then(|| menu_button(id, state)))}
        </li>
    }
}

/// A mark for what was not sent, or waits for the connection, or else for a draft.
fn mark(id: ConversationId, state: SidebarState) -> Option<AnyView> {
    let client = use_client();
    let (has_failed, waits) = client.store.with(&[Key::Outbox], |store| {
        let has = |is: fn(&OutgoingState) -> bool| store.outbox().of(id).any(|it| is(&it.state));
        (
            has(|it| matches!(it, OutgoingState::Failed { .. })),
            has(|it| matches!(it, OutgoingState::Waiting)),
        )
    });
    // While the page is online, what waits is sent in a moment.
    let waits = waits && client.connection_status().get() != ConnectionStatus::Online;
    // What is open shows its draft itself.
    let has_draft =
        state.drafts.with(|drafts| drafts.contains(&id)) && use_router().conversation() != Some(id);
    let (class, picture, label) = match (has_failed, waits, has_draft) {
        (true, ..) => ("row-mark failed", Icon::Warning, "Not sent. "),
        (_, true, _) => ("row-mark", Icon::Clock, "Not sent yet. "),
        (.., true) => ("row-mark", Icon::Edit, "Draft. "),
        _ => return None,
    };
    Some(any_view! {
        <span class=class title=label.trim_end_matches(['.', ' '])>
            {icon(picture)} <span class="sr-only">{label}</span>
        </span>
    })
}

/// The button of the menu, on the row that is under the pointer or has the focus.
fn menu_button(id: ConversationId, state: SidebarState) -> AnyView {
    let is_open = move || state.menu_for.get() == Some(id);
    any_view! {
        <button
            type="button"
            class="row-more"
            aria-label="Options of the conversation"
            title="Options"
            aria-haspopup="menu"
            aria-expanded=dynamic_attr(move || is_open().to_string())
            on:click=on::click(move |_| state.toggle_menu(id))
        >
            {icon(Icon::More)}
        </button>
        {show_if(move || is_open().then(|| START.view(StartPart::ConversationMenu(id))))}
    }
}

fn badges(summary: &ConversationSummary) -> AnyView {
    let mention = (summary.mentions > 0).then(|| {
        any_view! { <span class="badge badge-mention"><span aria-hidden="true">"@"</span><span class="sr-only">"You were mentioned. "</span></span> }
    });
    let unread = (summary.unread > 0).then(|| {
        let shown = if summary.unread > 99 {
            "99+".to_owned()
        } else {
            summary.unread.to_string()
        };
        any_view! { <span class="badge notranslate">{shown} <span class="sr-only">" unread"</span></span> }
    });
    any_view! { {mention} {unread} }
}

/// The newest message in one line, at most 24 words, with its sender except in direct conversations.
fn preview(summary: &ConversationSummary, me: UserId) -> AnyView {
    let Some(last) = &summary.last_message else {
        return text_span("No messages yet");
    };
    if last.deleted_at.is_some() {
        return text_span("Message deleted");
    }
    let text = last.line().split_whitespace();
    let text = text.take(24).collect::<Vec<_>>().join(" ");
    if last.kind == MessageKind::System {
        text_span(&text)
    } else if last.sender.id == me {
        text_span(&format!("You: {text}"))
    } else if summary.conversation.kind == ConversationKind::Direct {
        text_span(&text)
    } else {
        let name = last
            .sender
            .name
            .split_whitespace()
            .next()
            .unwrap_or_default();
        let html = format!("<bdi>{}</bdi>: {}", escape_html(name), escape_html(&text));
        any_view! { <span inner_html=html></span> }
    }
}
