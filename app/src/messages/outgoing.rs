//! The bubble of a message in the outbox: waiting, being sent, or rejected.

use super::{bubble, conversation_view::use_conversation_view};
use crate::{
    erased_signal::ErasedSignal,
    store::{Outgoing, OutgoingState},
    ui::{Icon, icon, on},
};
use leptos::prelude::*;

pub fn outgoing(message: Outgoing) -> AnyView {
    let view = use_conversation_view();
    // Links and mentions are shown once the server has said what they are.
    let text = message.body.clone();
    let quote = message
        .reply_to
        .as_ref()
        .map(|reply| bubble::quote(reply, view));
    let (state, below) = match message.state {
        OutgoingState::Failed { detail } => (
            any_view! { <span class="failed">{icon(Icon::Warning)} "Not sent"</span> },
            Some(choices(message.client_id, &detail)),
        ),
        OutgoingState::Sent(_) => (picture(Icon::Check, "Sent"), None),
        OutgoingState::Sending => (picture(Icon::Clock, "Sending"), None),
        OutgoingState::Waiting => (picture(Icon::Clock, "Waiting to be sent"), None),
    };
    any_view! {
        <div class="bubble-column">
            <div class="bubble bubble-outgoing">
                <p class="sr-only">"You:"</p>
                {quote}
                <div class="said">
                    <p class="body" dir="auto">{text}</p>
                    <p class="meta">{state}</p>
                </div>
            </div>
            {below}
        </div>
    }
}

fn picture(picture: Icon, label: &'static str) -> AnyView {
    any_view! {
        <span class="ticks" title=label>
            {icon(picture)}
            <span class="sr-only">{label}</span>
        </span>
    }
}

fn choices(client_id: String, detail: &str) -> AnyView {
    let client = use_conversation_view().client;
    let client_id = ErasedSignal::new(client_id);
    any_view! {
        <p class="failure" role="alert">
            <span>{detail.to_owned()}</span>
            <button type="button" class="link" on:click=on::click(move |_| client_id.with_untracked(|id| client.retry_send(id)))>
                "Try again"
            </button>
            <button type="button" class="link" on:click=on::click(move |_| client_id.with_untracked(|id| client.discard_send(id)))>
                "Discard"
            </button>
        </p>
    }
}
