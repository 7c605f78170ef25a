//! What can be done with a message that was refused: no choice but the last one loses its text.

use crate::{
    client::{MAX_FILES, read_files, write_files},
    erased_signal::ErasedSignal,
    error::AppError,
    messages::{ConversationView, RefusedMessage, grow, text_box, use_conversation_view},
    ui::{copy_button, on},
};
use leptos::prelude::*;

pub fn choices(message: ErasedSignal<RefusedMessage>) -> AnyView {
    let view = use_conversation_view();
    let client = view.client;
    let id = move || message.with_untracked(|message| message.client_id.clone());
    let (detail, has_quote) =
        message.with_untracked(|message| (message.detail.clone(), message.has_quote));
    let without_quote = has_quote.then(|| {
        choice("Send without the quote", move || {
            client.retry_without_quote(&id());
        })
    });
    any_view! {
        <p class="failure" role="alert">
            <span>{detail}</span>
            {choice("Try again", move || client.retry_send(&id()))}
            {without_quote}
            {choice("Edit", move || take_back(view, &id()))}
            {copy_button()}
            {choice("Discard", move || client.discard_send(&id()))}
        </p>
    }
}

fn choice(label: &'static str, act: impl Fn() + 'static) -> AnyView {
    any_view! {
        <button type="button" class="link" on:click=on::click(move |_| act())>
            {label}
        </button>
    }
}

/// Takes a refused message back into the composer, before what is there, with its files, and with its quote if
/// there is none.
fn take_back(view: ConversationView, client_id: &str) {
    let Some(area) = text_box(view.composer_id()) else {
        return;
    };
    let kept = view.client.store.with_untracked(|store| {
        let refused = store.outbox().get(client_id);
        refused.map(|it| read_files(&it.files))
    });
    let mut files = kept.unwrap_or_default();
    // Another device may have brought it back as a draft.
    for file in read_files(&view.files.get_untracked()) {
        if files.iter().all(|it| it.key != file.key) {
            files.push(file);
        }
    }
    if files.len() > MAX_FILES {
        view.problem.set(Some(AppError::too_many_files().0));
        return;
    }
    let Some(outgoing) = view.client.take_back_send(client_id) else {
        return;
    };
    let mut text = outgoing.body;
    if !area.value().trim().is_empty() {
        text = format!("{text}\n{}", area.value());
    }
    area.set_value(&text);
    view.set_draft(&text);
    if !outgoing.files.is_empty() {
        view.set_files(write_files(&files));
    }
    if outgoing.reply_to.is_some() && view.replying.with_untracked(Option::is_none) {
        view.set_replying(outgoing.reply_to);
    }
    grow(&area);
    let _ = area.focus();
}
