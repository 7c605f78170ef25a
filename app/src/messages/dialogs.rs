//! The dialogs of one message: deleting it, and its earlier versions. What is in them comes in a chunk.

use super::conversation_view::{ConversationView, use_conversation_view};
use crate::{
    chunks::{CONVERSATION, ConversationPart, THREADS, ThreadsPart},
    client::spawn,
    erased_signal::{ErasedSignal, effect},
    store::ConnectionStatus,
    ui::{Dialog, has_pointer, is_some, show_if},
};
use leptos::prelude::*;

#[component]
pub fn MessageDialogs() -> impl IntoView {
    let view = use_conversation_view();
    any_view! {
        <Dialog open=is_some(view.deleting) title="Delete this message?">
            {CONVERSATION.view(ConversationPart::DeleteMessage)}
        </Dialog>
        <Dialog open=is_some(view.history) title="Earlier wordings">
            {CONVERSATION.view(ConversationPart::MessageHistory)}
        </Dialog>
        <Dialog open=is_some(view.sheet_for) title="Message actions">
            {CONVERSATION.view(ConversationPart::MessageSheet)}
        </Dialog>
        <Dialog open=is_some(view.receipts_of) title="Who has read it">
            {THREADS.view(ThreadsPart::Receipts)}
        </Dialog>
        <Dialog open=is_some(view.problem) title="That did not work">
            <p>{view.problem.get_untracked().map(|problem| problem.detail)}</p>
        </Dialog>
        {gestures(view)}
    }
}

/// What a thread has of its own: the actions of a reply as a sheet, and what opens it.
pub fn reply_sheet(view: ConversationView) -> AnyView {
    any_view! {
        <Dialog open=is_some(view.sheet_for) title="Reply actions">
            {CONVERSATION.view(ConversationPart::MessageSheet)}
        </Dialog>
        {gestures(view)}
    }
}

/// Long press and swipe, on screens for fingers: their chunk is fetched as soon as the page is live.
fn gestures(view: ConversationView) -> AnyView {
    let status = view.client.connection_status();
    let is_loaded = ErasedSignal::new(false);
    effect(move || {
        if status.get() == ConnectionStatus::Online && !is_loaded.get_untracked() && !has_pointer()
        {
            spawn(async move {
                if CONVERSATION.load().await.is_ok() {
                    is_loaded.set(true);
                }
            });
        }
    });
    show_if(move || {
        is_loaded
            .get()
            .then(|| CONVERSATION.view(ConversationPart::MessageTouch))
    })
}
