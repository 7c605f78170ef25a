//! One line of the sidebar.

use super::sidebar::conversation_face;
use crate::{
    address::use_address,
    live::use_live,
    signals::derived,
    ui::{LocalTime, ShowTime, dynamic, maybe, shown, text},
};
use leptos::prelude::*;
use model::{ConversationId, ConversationKind, ConversationSummary, MessageKind, UserId};

#[component]
pub fn SidebarRow(id: ConversationId) -> impl IntoView {
    let live = use_live();
    let address = use_address();
    let current = move || (address.conversation() == Some(id)).then_some("page");
    let me = live.store.with_untracked(|store| store.me.user.id);
    let head = derived(move || live.store.with(|store| store.head(id).cloned()));
    let title = text(move || {
        live.store
            .with(|store| store.title(id).unwrap_or_default().to_owned())
    });
    let typing = derived(move || live.store.with(|store| !store.typing_names(id).is_empty()));
    let said_at = shown(move || {
        let at = head.with(|head| {
            head.as_ref()?
                .last_message
                .as_ref()
                .map(|last| last.created_at)
        });
        at.map(|at| {
            part! { <LocalTime at show=ShowTime::Short /> }
        })
    });
    let last = dynamic(move || {
        if typing.get() {
            return part! { <span class="typing-now">"typing…"</span> };
        }
        head.with(|head| head.as_ref().map(|head| last_words(head, me)))
            .unwrap_or_default()
            .into_any()
    });
    part! {
        <li>
            <a href=format!("/c/{id}") class="conversation" aria-current=maybe(current)>
                {conversation_face(id)}
                <span class="conversation-text">
                    <span class="conversation-top">
                        <span class="conversation-name" dir="auto">{title}</span>
                        {said_at}
                    </span>
                    <span class="conversation-top">
                        <span class="conversation-last" dir="auto">{last}</span>
                        {shown(move || head.with(|head| head.as_ref().map(badges)))}
                    </span>
                </span>
            </a>
        </li>
    }
}

fn badges(head: &ConversationSummary) -> AnyView {
    let mention = (head.mentions > 0).then(|| {
        part! { <span class="badge badge-mention"><span aria-hidden="true">"@"</span><span class="sr-only">"You were mentioned. "</span></span> }
    });
    let unread = (head.unread > 0).then(|| {
        let shown = if head.unread > 99 {
            "99+".to_owned()
        } else {
            head.unread.to_string()
        };
        part! { <span class="badge">{shown} <span class="sr-only">" unread"</span></span> }
    });
    part! { {mention} {unread} }
}

/// The newest message in one line, with its sender where that says anything.
fn last_words(head: &ConversationSummary, me: UserId) -> String {
    let Some(last) = &head.last_message else {
        return "No messages yet".to_owned();
    };
    if last.deleted_at.is_some() {
        return "Message deleted".to_owned();
    }
    let words = last
        .body
        .split_whitespace()
        .take(24)
        .collect::<Vec<_>>()
        .join(" ");
    if last.kind == MessageKind::System {
        words
    } else if last.sender.id == me {
        format!("You: {words}")
    } else if head.conversation.kind == ConversationKind::Direct {
        words
    } else {
        let name = last
            .sender
            .name
            .split_whitespace()
            .next()
            .unwrap_or_default();
        format!("{name}: {words}")
    }
}
