//! The pinned messages of the open conversation, the one that was pinned last first.

use super::item::message_item;
use crate::{
    client::spawn,
    erased_signal::memo,
    error::AppError,
    messages::use_conversation_view,
    store::Key,
    ui::{Icon, empty_state, icon, keyed_list, show_if},
};
use leptos::prelude::*;
use model::{ConversationId, Message};
use std::sync::Arc;

pub fn pins(id: ConversationId) -> AnyView {
    let view = use_conversation_view();
    let pins = memo(move || {
        let store = view.client.store;
        store.with(&[Key::Pins(id)], |store| store.pins(id))
    });
    let nothing = move || pins.with(|pins| pins.as_ref().is_some_and(Vec::is_empty));
    view! {
        <ul class="item-list">
            {keyed_list(
                move || pins.get().unwrap_or_default(),
                |message| format!("{}.{}", message.id, message.seq),
                pin_item,
            )}
        </ul>
        {show_if(move || {
            nothing()
                .then(|| {
                    empty_state(
                        Icon::Pin,
                        "Nothing is pinned",
                        "Pin what everybody here should find again, from the menu of a message.",
                        ().into_any(),
                    )
                })
        })}
    }
    .into_any()
}

fn pin_item(message: &Arc<Message>) -> AnyView {
    let view = use_conversation_view();
    let pinned = Arc::clone(message);
    let id = message.id;
    let by = message.pinned.as_ref().map(|pin| {
        view! {
            <p class="item-below muted">"Pinned by " <bdi class="notranslate">{pin.by.name.clone()}</bdi></p>
        }
    });
    let may_pin = view
        .client
        .store
        .with(&[Key::Head(view.id)], |store| store.may_pin(view.id));
    let unpin = move |_| {
        spawn(async move {
            if let Err(AppError(problem)) = view.client.set_pinned(id, false).await {
                view.problem.set(Some(problem));
            }
        });
    };
    view! {
        <li class="item-row">
            <div class="grow">
                <button type="button" class="item" on:click=move |_| view.show(&pinned)>
                    {message_item(message, None)}
                </button>
                {by}
            </div>
            {may_pin
                .then(|| {
                    view! {
                        <button type="button" class="icon-button" aria-label="Unpin" title="Unpin" on:click=unpin>
                            {icon(Icon::Close)}
                        </button>
                    }
                })}
        </li>
    }
    .into_any()
}
