//! The chunk of polls: the part of a row in which members vote, who has voted, and the form of a new poll.

mod ballot;
mod form;
mod new_poll;
pub(in crate::chunks) mod state;
mod tally;
mod voters;
pub(in crate::chunks) mod votes;

use crate::{
    client::ChatClient,
    messages::use_conversation_view,
    store::DraftPlace,
    ui::{Zone, adopt_style, chunk},
};
use leptos::prelude::*;
use model::MessageId;

/// What this chunk shows and does.
#[derive(Clone, Copy)]
pub enum PollsPart {
    /// The options of a poll, where members vote.
    Ballot(MessageId),
    /// The form of a new poll, for this place.
    Form(ChatClient, Zone, DraftPlace),
}

chunk!(POLLS: PollsPart = polls, show);

fn show(part: PollsPart) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/polls.css"));
    match part {
        PollsPart::Ballot(id) => ballot::ballot(use_conversation_view(), id),
        // Nothing builds it anew while it is filled in.
        PollsPart::Form(client, zone, place) => untrack(|| form::form(client, zone, place)),
    }
}
