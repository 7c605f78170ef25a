//! The bubble of a message in the outbox: waiting, being sent, or rejected.

use super::{bubble, composer::take_back, conversation_view::use_conversation_view, names::byline};
use crate::{
    erased_signal::ErasedSignal,
    store::{Outgoing, OutgoingState},
    ui::{Icon, copy_button, icon, on},
};
use leptos::prelude::*;
use model::Sender;

pub fn outgoing(message: Outgoing, me: &Sender, starts_group: bool) -> AnyView {
    // As it was typed, until the server says how it looks.
    let text = message.body.clone();
    let quote = message.reply_to.as_ref().map(bubble::quote);
    let (state, below) = match message.state {
        OutgoingState::Failed { detail } => (
            any_view! { <span class="failed">{icon(Icon::Warning)} "Not sent"</span> },
            Some(choices(
                message.client_id,
                &detail,
                message.reply_to.is_some(),
            )),
        ),
        OutgoingState::Sent(_) => (picture(Icon::Check, "Sent"), None),
        OutgoingState::Sending => (picture(Icon::Clock, "Sending"), None),
        OutgoingState::Waiting => (picture(Icon::Clock, "Waiting to be sent"), None),
    };
    any_view! {
        <div class="bubble-column copyable">
            <div class="bubble bubble-outgoing">
                {byline(me, message.created_at, starts_group)}
                {quote}
                <div class="said">
                    <div class="body" dir="auto">{text}</div>
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

/// What can be done with a message that was refused: no choice but the last one loses its text.
fn choices(client_id: String, detail: &str, has_quote: bool) -> AnyView {
    let view = use_conversation_view();
    let client = view.client;
    let client_id = ErasedSignal::new(client_id);
    let without_quote = has_quote.then(|| {
        choice("Send without the quote", move || {
            client_id.with_untracked(|id| client.retry_without_quote(id));
        })
    });
    any_view! {
        <p class="failure" role="alert">
            <span>{detail.to_owned()}</span>
            {choice("Try again", move || client_id.with_untracked(|id| client.retry_send(id)))}
            {without_quote}
            {choice("Edit", move || take_back(view, &client_id.get_untracked()))}
            {copy_button()}
            {choice("Discard", move || client_id.with_untracked(|id| client.discard_send(id)))}
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
