//! What the user has written for a conversation that they have lost. The list of it comes in a chunk.

use crate::{
    chunks::{CONVERSATION, ConversationPart},
    client::use_client,
    erased_signal::{ErasedSignal, effect},
    store::Key,
    ui::{escape_html, filled_in, show_if},
};
use leptos::prelude::*;
use model::ConversationId;

/// Empty if there are none, and on the server, which knows of none.
pub fn kept_words(id: ConversationId) -> AnyView {
    let client = use_client();
    let has_words = ErasedSignal::new(false);
    effect(move || {
        let has_unsent = client.store.with(&[Key::Outbox], |store| {
            store.outbox().of(id).next().is_some()
        });
        let has_draft = !client.draft(id).trim().is_empty();
        if has_unsent || has_draft || !client.kept_edits(id).is_empty() {
            has_words.set(true);
        }
    });
    show_if(move || {
        has_words
            .get()
            .then(|| CONVERSATION.view(ConversationPart::KeptWords(id)))
    })
}

/// The text of a form that was sent without scripts, as HTML.
pub fn refused_words() -> String {
    let text = filled_in("body");
    if text.is_empty() {
        return text;
    }
    format!(
        r#"<section class="kept-words" aria-label="What you wrote here"><h3>What you wrote here was not sent</h3><p class="body" dir="auto">{}</p></section>"#,
        escape_html(&text)
    )
}
