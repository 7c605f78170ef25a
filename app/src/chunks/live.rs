//! The chunk of the live page: what is done with a message of one's own or of others, and the client's
//! `work.rs`. It is fetched as soon as the page is live.

mod actions;
mod edit_form;
mod hidden_edit;
mod quote;
mod refused;

use crate::{
    chunks::{FILES, FilesPart, POLLS, PollsPart},
    client::spawn,
    erased_signal::{ErasedMemo, ErasedSignal},
    messages::{ConversationView, RefusedMessage},
    store::MessageRow,
    ui::{adopt_style, chunk},
};
use leptos::prelude::{AnyView, IntoAny};
use model::MessageId;

/// What this chunk shows in the row of a message, and above a box.
#[derive(Clone, Copy)]
pub enum LivePart {
    /// What can be done with the message that the row has, if it has one.
    Actions(ErasedMemo<Option<MessageId>>),
    /// The message while it is edited.
    Edit(MessageId, ErasedMemo<Option<MessageRow>>),
    /// What can be done with a message that the server has refused.
    Refused(ErasedSignal<RefusedMessage>),
    /// The message that is being replied to.
    Quote(ConversationView),
    /// The edit whose message is not loaded.
    HiddenEdit(ConversationView),
    /// A part of the chunk of files: the first screen knows this chunk, and so need not know that one.
    Files(FilesPart),
    /// Tells when the chunk of polls is there. Shows nothing. The first screen need not know that one, either.
    BeginPoll(ErasedSignal<bool>),
    /// The options of a poll, where members vote.
    Poll(MessageId),
}

chunk!(LIVE: LivePart = live, show);

fn show(part: LivePart) -> AnyView {
    adopt_style(include_str!("../../../style/chunks/live.css"));
    match part {
        LivePart::Actions(id) => actions::actions(id),
        LivePart::Edit(id, row) => edit_form::editing_bubble(id, row),
        LivePart::Refused(message) => refused::choices(message),
        LivePart::Quote(view) => quote::quote(view),
        LivePart::HiddenEdit(view) => hidden_edit::hidden_edit(view),
        LivePart::Files(part) => FILES.view(part),
        LivePart::BeginPoll(is_live) => {
            begin_poll(is_live);
            ().into_any()
        }
        LivePart::Poll(id) => POLLS.view(PollsPart::Ballot(id)),
    }
}

fn begin_poll(is_live: ErasedSignal<bool>) {
    let set = move || {
        // The row may be gone by now.
        if is_live.try_get_untracked() == Some(false) {
            is_live.set(true);
        }
    };
    if POLLS.entry().is_some() {
        return set();
    }
    spawn(async move {
        if POLLS.load().await.is_ok() {
            set();
        }
    });
}
