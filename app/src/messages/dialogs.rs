//! The dialogs of one message: deleting it, and its earlier versions. What is in them comes in a chunk.

use super::conversation_view::use_conversation_view;
use crate::{
    chunks::{CONVERSATION, ConversationPart},
    erased_signal::{ErasedSignal, effect},
    ui::Dialog,
};
use leptos::prelude::*;
use model::MessageId;

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
    }
}

/// The state of a dialog that is open while a message is set; closing it clears the message.
fn is_some(message: ErasedSignal<Option<MessageId>>) -> ErasedSignal<bool> {
    let open = ErasedSignal::new(false);
    effect(move || {
        let is_some = message.with(Option::is_some);
        if open.get_untracked() != is_some {
            open.set(is_some);
        }
    });
    effect(move || {
        if !open.get() && message.with_untracked(Option::is_some) {
            message.set(None);
        }
    });
    open
}
