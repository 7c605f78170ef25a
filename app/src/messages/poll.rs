//! The options of a poll below its question: a list, until the chunk is there in which members vote.

use super::conversation_view::ConversationView;
use crate::{
    chunks::{LIVE, LivePart},
    client::spawn,
    erased_signal::{ErasedSignal, effect},
    ui::{dynamic_view, escape_html},
};
use leptos::prelude::*;
use model::Message;

pub fn poll(message: &Message, view: ConversationView) -> Option<AnyView> {
    let mut lines = String::new();
    for option in &message.poll.as_ref()?.options {
        lines.push_str("<li><bdi>");
        lines.push_str(&escape_html(&option.text));
        lines.push_str("</bdi></li>");
    }
    let id = message.id;
    // After hydration, which must first meet the page as the server rendered it.
    let is_live = ErasedSignal::new(false);
    let status = view.client.connection_status();
    effect(move || {
        // At every connect, until it is there.
        status.get();
        spawn(async move {
            if LIVE.load().await.is_ok()
                && let Some(show) = LIVE.entry()
            {
                drop(show(LivePart::BeginPoll(is_live)));
            }
        });
    });
    Some(dynamic_view(move || {
        if is_live.get() {
            LIVE.view(LivePart::Poll(id))
        } else {
            any_view! { <ol class="poll-lines" inner_html=lines.clone()></ol> }
        }
    }))
}
