//! The message that is being replied to, above the box that the reply is written in.

use crate::{
    erased_signal::memo,
    messages::ConversationView,
    store::Key,
    ui::{Icon, dynamic_view, icon, on, text_span},
};
use leptos::prelude::*;

/// Stands for the text of a deleted message.
const DELETED: &str = "This message was deleted.";

pub fn quote(view: ConversationView) -> AnyView {
    let is_deleted = memo(move || {
        let Some(id) = view.replying.with(|reply| reply.as_ref().map(|it| it.id)) else {
            return false;
        };
        let store = view.client.store;
        store.with(&[Key::Message(id), Key::Rows(view.id)], |store| {
            let quoted = store.message(view.id, id);
            quoted.is_some_and(|message| message.deleted_at.is_some())
        })
    });
    dynamic_view(move || {
        let Some(reply) = view.replying.get() else {
            return ().into_any();
        };
        let text = if is_deleted.get() {
            DELETED.to_owned()
        } else {
            reply.line().to_owned()
        };
        any_view! {
            <div class="reply-preview">
                {icon(Icon::Reply)}
                <div class="grow one-line">
                    <span class="quote-name notranslate" dir="auto">{reply.sender.name}</span>
                    <span class="quote-text" dir="auto">{text_span(&text)}</span>
                </div>
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Do not reply"
                    on:click=on::click(move |_| view.set_replying(None))
                >
                    {icon(Icon::Close)}
                </button>
            </div>
        }
    })
}
