//! A message on its way: waiting, sent in this moment, or refused.

use super::{bubble, open::use_open, text::is_emoji_only};
use crate::{
    signals::Var,
    store::{Outgoing, OutgoingState},
    ui::{Icon, icon, on},
};
use leptos::prelude::*;

pub fn outgoing(message: Outgoing) -> AnyView {
    let open = use_open();
    let class = if is_emoji_only(&message.body) {
        "body body-emoji"
    } else {
        "body"
    };
    let words = bubble::text(&message.body, open);
    let quote = message
        .reply_to
        .as_ref()
        .map(|reply| bubble::quote(reply, open));
    let (state, below) = match message.state {
        OutgoingState::Failed { detail } => (
            part! { <span class="failed">{icon(Icon::Warning)} "Not sent"</span> },
            Some(choices(message.client_id, &detail)),
        ),
        OutgoingState::Sent(_) => (picture(Icon::Check, "Sent"), None),
        OutgoingState::Sending => (picture(Icon::Clock, "Sending"), None),
        OutgoingState::Waiting => (picture(Icon::Clock, "Waiting to be sent"), None),
    };
    part! {
        <div class="bubble-column">
            <div class="bubble bubble-outgoing">
                <p class="sr-only">"You:"</p>
                {quote}
                <div class="said">
                    <p class=class dir="auto">{words}</p>
                    <p class="meta">{state}</p>
                </div>
            </div>
            {below}
        </div>
    }
}

fn picture(picture: Icon, label: &'static str) -> AnyView {
    part! {
        <span class="ticks" title=label>
            {icon(picture)}
            <span class="sr-only">{label}</span>
        </span>
    }
}

fn choices(client_id: String, detail: &str) -> AnyView {
    let live = use_open().live;
    let client_id = Var::new(client_id);
    part! {
        <p class="failure" role="alert">
            <span>{detail.to_owned()}</span>
            <button type="button" class="link" on:click=on::click(move |_| client_id.with_untracked(|id| live.retry(id)))>
                "Try again"
            </button>
            <button type="button" class="link" on:click=on::click(move |_| client_id.with_untracked(|id| live.discard(id)))>
                "Discard"
            </button>
        </p>
    }
}
