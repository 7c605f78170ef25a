//! What the polls of a page have in common, for as long as the page is there: rows come and go.

use super::new_poll::{NewPollDraft, SentPoll};
use crate::{
    client::ChatClient,
    erased_signal::ErasedSignal,
    store::{DraftPlace, Map},
    ui::in_own_root,
};
use leptos::prelude::*;
use model::{MessageId, Poll, PollVote};
use std::cell::RefCell;

/// A handle; `Copy`.
#[derive(Clone, Copy)]
pub struct Polls {
    /// The user's own votes, as the server has told them last.
    pub own: ErasedSignal<Map<MessageId, PollVote>>,
    /// What is chosen here and not answered yet.
    pub pending: ErasedSignal<Map<MessageId, Vec<i16>>>,
    /// What has become of the last choice, in words.
    pub notes: ErasedSignal<Map<MessageId, String>>,
    /// The poll of which is shown who has voted, with its options, and what it is asked by.
    pub showing: ErasedSignal<Option<(ChatClient, MessageId, Poll)>>,
    /// Where a poll is to be sent.
    pub asking: ErasedSignal<Option<DraftPlace>>,
    /// What is written in the form. It stays until it is sent.
    pub draft: ErasedSignal<NewPollDraft>,
    /// What was sent last, until its answer comes: the same once more is one message.
    pub sent: ErasedSignal<Option<SentPoll>>,
}

thread_local! {
    static POLLS: RefCell<Option<(Owner, Polls)>> = const { RefCell::new(None) };
}

/// The state of the page. On the server, a new one each time.
pub fn polls() -> Polls {
    if cfg!(feature = "ssr") {
        return Polls::new();
    }
    if let Some(known) = POLLS.with_borrow(|it| it.as_ref().map(|(_, polls)| *polls)) {
        return known;
    }
    // What asks first may end before the page does.
    let (owner, polls) = in_own_root(Polls::new);
    POLLS.set(Some((owner, polls)));
    polls
}

/// Runs something whose signals and effects last as long as the page.
pub fn for_the_page(run: impl FnOnce()) {
    polls();
    let owner = POLLS.with_borrow(|it| it.as_ref().map(|(owner, _)| owner.clone()));
    if let Some(owner) = owner {
        owner.with(run);
    }
}

/// Writes the question of the form that is about to open, if there is one.
pub fn suggest_question(question: &str) {
    if !question.is_empty() {
        let write = |draft: &mut NewPollDraft| question.clone_into(&mut draft.question);
        polls().draft.update(write);
    }
}

impl Polls {
    fn new() -> Self {
        Self {
            own: ErasedSignal::new(Map::default()),
            pending: ErasedSignal::new(Map::default()),
            notes: ErasedSignal::new(Map::default()),
            showing: ErasedSignal::new(None),
            asking: ErasedSignal::new(None),
            draft: ErasedSignal::new(NewPollDraft::default()),
            sent: ErasedSignal::new(None),
        }
    }

    pub fn pending_of(self, id: MessageId) -> Option<Vec<i16>> {
        self.pending
            .with_untracked(|pending| pending.get(&id).cloned())
    }

    pub fn say(self, id: MessageId, note: String) {
        self.notes.update(|notes| drop(notes.insert(id, note)));
    }
}
