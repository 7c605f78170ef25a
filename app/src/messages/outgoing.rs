//! The bubble of a message in the outbox: waiting, being sent, or rejected.

use super::{names::byline, quote::quote, refused_message::RefusedMessage};
use crate::{
    chunks::{FilesPart, LIVE, LivePart},
    erased_signal::ErasedSignal,
    store::{Outgoing, OutgoingState},
    ui::{Icon, icon},
};
use leptos::prelude::*;
use model::Sender;

pub fn outgoing(message: Outgoing, me: &Sender, starts_group: bool) -> AnyView {
    // As it was typed, until the server says how it looks.
    let text = message.body.clone();
    let quote = message.reply_to.as_ref().map(quote);
    let files = (!message.files.is_empty()).then(|| {
        let part = FilesPart::Outgoing(ErasedSignal::new(message.files));
        LIVE.view(LivePart::Files(part))
    });
    let (state, below) = match message.state {
        OutgoingState::Failed { detail } => (
            any_view! { <span class="failed">{icon(Icon::Warning)} "Not sent"</span> },
            Some(
                LIVE.view(LivePart::Refused(ErasedSignal::new(RefusedMessage {
                    client_id: message.client_id,
                    detail,
                    has_quote: message.reply_to.is_some(),
                }))),
            ),
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
                {files}
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
