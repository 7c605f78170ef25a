//! The threads that the user follows: those with unread replies first.

use super::{
    item::message_item,
    live_list::{Fetched, LiveList},
};
use crate::{
    client::{ChatClient, use_client},
    store::Key,
    ui::{Icon, ago_html, dynamic_attr, dynamic_text, empty_state, keyed_list, show_if, use_zone},
};
use leptos::prelude::*;
use model::ThreadDetails;
use std::sync::Arc;

fn fetch(client: ChatClient, cursor: Option<String>) -> Fetched<ThreadDetails> {
    Box::pin(async move {
        let page = client.followed_threads(cursor).await?;
        client.store.update(|store| {
            for thread in &page.items {
                store.set_thread_state(thread.state.clone());
            }
        });
        Ok((page.items, page.next_cursor))
    })
}

pub fn followed() -> AnyView {
    let threads = LiveList::new(
        Arc::new(fetch),
        |a, b| a.root.id == b.root.id,
        vec![Key::Threads, Key::Link],
    );
    view! {
        {threads.problem_note()}
        <ul class="item-list">{keyed_list(move || threads.items(), version, thread_item)}</ul>
        {threads.below(no_threads)}
    }
    .into_any()
}

/// A thread that has changed gets another row.
fn version(thread: &ThreadDetails) -> String {
    let seq = thread.root.thread.as_ref().map_or(0, |thread| thread.seq);
    format!("{}.{}.{seq}", thread.root.id, thread.root.seq)
}

fn no_threads() -> AnyView {
    empty_state(
        Icon::Thread,
        "No threads yet",
        "Reply to a message in a thread: what follows stands here, with what you have not read.",
        ().into_any(),
    )
}

fn thread_item(details: &ThreadDetails) -> AnyView {
    let client = use_client();
    let zone = use_zone();
    let (id, root) = (details.state.conversation_id, details.root.id);
    let title = dynamic_text(move || {
        client.store.with(&[Key::Head(id)], |store| {
            store.title(id).unwrap_or_default().to_owned()
        })
    });
    let unread = show_if(move || {
        let unread = client.store.with(&[Key::Thread(root)], |store| {
            store.thread_state(root).map_or(0, |state| state.unread)
        });
        (unread > 0).then(|| {
            view! { <span class="badge notranslate">{unread} <span class="sr-only">" unread"</span></span> }
                .into_any()
        })
    });
    let thread = details.root.thread.clone();
    let summary = dynamic_attr(move || {
        let Some(thread) = &thread else {
            return String::new();
        };
        let count = match thread.reply_count {
            1 => "1 reply".to_owned(),
            count => format!("{count} replies"),
        };
        let last = thread.last_reply_at;
        last.map_or(count.clone(), |at| {
            format!("{count} · last reply {}", ago_html(zone, at))
        })
    });
    let place = view! { <span class="item-place notranslate" dir="auto">{title}</span> }.into_any();
    view! {
        <li>
            <a class="item" href=format!("/c/{id}/t/{root}")>
                {message_item(&details.root, Some(place))}
                {unread}
            </a>
            <p class="item-below muted" inner_html=summary></p>
        </li>
    }
    .into_any()
}
