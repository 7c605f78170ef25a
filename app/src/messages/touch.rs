//! What messages have on screens for fingers: gestures, and the sheet that a long press opens.

use super::conversation_view::ConversationView;
use crate::{
    chunks::{CONVERSATION, ConversationPart},
    client::spawn,
    erased_signal::{ErasedSignal, effect},
    store::ConnectionStatus,
    ui::{Dialog, has_pointer, is_some, show_if},
};
use leptos::prelude::*;

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
pub fn gestures(view: ConversationView) -> AnyView {
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
