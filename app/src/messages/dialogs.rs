//! The dialogs of one message: deleting it, and its earlier versions. What is in them comes in a chunk.

use super::{conversation_view::use_conversation_view, touch::gestures};
use crate::{
    chunks::{CONVERSATION, ConversationPart, FORWARD, ForwardPart, THREADS, ThreadsPart},
    ui::{Dialog, is_some},
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
        <Dialog open=is_some(view.forwarding) title="Forward">
            {FORWARD.view_with_field(ForwardPart::Dialog)}
        </Dialog>
        <Dialog open=is_some(view.problem) title="That did not work">
            <p>{view.problem.get_untracked().map(|problem| problem.detail)}</p>
        </Dialog>
        {gestures(view)}
    }
}
