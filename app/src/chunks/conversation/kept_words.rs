//! What the user has written for a conversation that they have lost: to be copied, or discarded.

use crate::{
    client::{ChatClient, use_client},
    erased_signal::ErasedSignal,
    store::Key,
    ui::{copy_button, keyed_list, on, show_if},
};
use leptos::prelude::*;
use model::{ConversationId, MessageId};

#[derive(Clone)]
enum KeptIn {
    /// Under this client id.
    Outbox(String),
    Draft,
    Edit(MessageId),
}

#[derive(Clone)]
struct KeptText {
    kept_in: KeptIn,
    text: String,
}

/// Empty once all are discarded.
pub fn kept_words(id: ConversationId) -> AnyView {
    let client = use_client();
    let words = ErasedSignal::new(read_words(client, id));
    show_if(move || {
        let is_empty = words.with(Vec::is_empty);
        (!is_empty).then(|| list(client, id, words))
    })
}

fn list(client: ChatClient, id: ConversationId, words: ErasedSignal<Vec<KeptText>>) -> AnyView {
    let rows = keyed_list(
        move || words.get(),
        |kept| match &kept.kept_in {
            KeptIn::Outbox(client_id) => client_id.clone(),
            KeptIn::Draft => "draft".to_owned(),
            KeptIn::Edit(message_id) => message_id.to_string(),
        },
        move |kept| {
            let kept_in = kept.kept_in.clone();
            let discard = move |_| {
                match &kept_in {
                    KeptIn::Outbox(client_id) => client.discard_send(client_id),
                    KeptIn::Draft => {
                        client.set_draft(id, "");
                        client.keep_quote(id, None);
                    }
                    KeptIn::Edit(message_id) => client.drop_edit(id, *message_id),
                }
                words.set(read_words(client, id));
                // The sidebar looks for what is left.
                client.store.notify(&[Key::Outbox]);
            };
            any_view! {
                <li class="copyable">
                    <p class="body" dir="auto">{kept.text.clone()}</p>
                    <p class="failure">
                        {copy_button()}
                        <button type="button" class="link" on:click=on::click(discard)>"Discard"</button>
                    </p>
                </li>
            }
        },
    );
    any_view! {
        <section class="kept-words" aria-label="What you wrote here">
            <h3>"What you wrote here was not sent"</h3>
            <ul>{rows}</ul>
        </section>
    }
}

fn read_words(client: ChatClient, id: ConversationId) -> Vec<KeptText> {
    let mut words: Vec<_> = client.store.with_untracked(|store| {
        let outgoing = store.outbox().of(id);
        outgoing
            .map(|it| KeptText {
                kept_in: KeptIn::Outbox(it.client_id.clone()),
                text: it.body.clone(),
            })
            .collect()
    });
    let edits = client.kept_edits(id).into_iter().map(|edit| KeptText {
        kept_in: KeptIn::Edit(edit.id),
        text: edit.text,
    });
    words.extend(edits);
    let draft = client.draft(id);
    if !draft.trim().is_empty() {
        words.push(KeptText {
            kept_in: KeptIn::Draft,
            text: draft,
        });
    }
    words
}
