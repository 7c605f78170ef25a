//! The user's saved messages, the one that was saved last first.

use super::{
    item::message_item,
    live_list::{Fetched, LiveList},
};
use crate::{
    client::{ChatClient, spawn, use_client},
    store::Key,
    ui::{Icon, dynamic_text, empty_state, icon, keyed_list},
};
use leptos::prelude::*;
use model::SavedMessage;
use std::sync::Arc;

fn fetch(client: ChatClient, cursor: Option<String>) -> Fetched<SavedMessage> {
    Box::pin(async move {
        let page = client.saved_messages(cursor).await?;
        Ok((page.items, page.next_cursor))
    })
}

pub fn saved() -> AnyView {
    let messages = LiveList::new(
        Arc::new(fetch),
        |a, b| a.message.id == b.message.id,
        vec![Key::Saved, Key::Link],
    );
    view! {
        {messages.problem_note()}
        <ul class="item-list">
            {keyed_list(
                move || messages.items(),
                |saved| format!("{}.{}", saved.message.id, saved.message.seq),
                saved_item,
            )}
        </ul>
        {messages.below(nothing_saved)}
    }
    .into_any()
}

fn nothing_saved() -> AnyView {
    empty_state(
        Icon::Bookmark,
        "Nothing saved",
        "Save a message from its menu, and find it here. Nobody else sees the list.",
        ().into_any(),
    )
}

fn saved_item(saved: &SavedMessage) -> AnyView {
    let client = use_client();
    let message = &saved.message;
    let (id, message_id) = (message.conversation_id, message.id);
    let title = dynamic_text(move || {
        client.store.with(&[Key::Head(id)], |store| {
            store.title(id).unwrap_or_default().to_owned()
        })
    });
    let place = view! { <span class="item-place notranslate" dir="auto">{title}</span> }.into_any();
    let unsave = move |_| {
        spawn(async move { drop(client.set_saved(message_id, false).await) });
    };
    view! {
        <li class="item-row">
            <a class="item" href=format!("/c/{id}/m/{message_id}")>
                {message_item(message, Some(place))}
            </a>
            <button type="button" class="icon-button" aria-label="Remove from saved" title="Remove from saved" on:click=unsave>
                {icon(Icon::Close)}
            </button>
        </li>
    }
    .into_any()
}
