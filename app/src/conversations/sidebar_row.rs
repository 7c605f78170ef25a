//! One conversation of the sidebar.

use super::avatar::conversation_avatar;
use crate::{
    client::use_client,
    erased_signal::memo,
    router::use_router,
    store::Key,
    ui::{
        LocalTime, TimeFormat, dynamic_text, dynamic_view, escape_html, optional_attr, show_if,
        text_span,
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
    any_view! {
        <li>
            <a href=format!("/c/{id}") class="conversation" aria-current=optional_attr(current)>
                {conversation_avatar(id)}
                <span class="conversation-text">
                    <span class="conversation-top">
                        <span class="conversation-name notranslate" dir="auto">{title}</span>
                        {time}
                    </span>
                    <span class="conversation-top">
                        <span class="conversation-last" dir="auto">{last}</span>
                        {show_if(move || summary.with(|summary| summary.as_ref().map(badges)))}
                    </span>
                </span>
            </a>
        </li>
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
    let text = last
        .body
        .split_whitespace()
        .take(24)
        .collect::<Vec<_>>()
        .join(" ");
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
