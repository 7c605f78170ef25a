//! What the browser knows: one plain value, changed by events and by pages, and asked by the
//! components. No clock, no browser, no signals.

mod outbox;
mod rows;
mod timeline;

pub use outbox::{Outbox, Outgoing, OutgoingState};
pub use rows::{Entry, MessageRow, RowKey, Tick};
pub use timeline::Timeline;

use model::{
    Account, ConversationId, Event, Head, Member, Message, MessageId, Page, Presence,
    PresenceStatus, Sync, SyncRequest, UserId,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use time::{Date, OffsetDateTime};

/// How the browser stands to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    #[default]
    Connecting,
    Online,
    Offline,
    /// The server no longer knows this session.
    SignedOut,
}

/// What the server painted the first page from, and the browser starts with.
///
/// The head of the open conversation must have been read before its members and its page: what
/// changed in between is then found by its sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialState {
    /// `Event::Ready`.
    pub ready: Event,
    pub open: Option<(Head, Vec<Member>, Page<Message>)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ChatStore {
    pub me: Account,
    pub link: LinkState,
    pub outbox: Outbox,
    presence: BTreeMap<UserId, Presence>,
}

impl ChatStore {
    pub fn new(initial: InitialState) -> Self {
        todo!()
    }

    /// What a socket says.
    pub fn apply(&mut self, event: Event) {
        todo!()
    }

    /// The answer to a `sync`: each thing once, so that the numbers need not be adjacent.
    pub fn apply_sync(&mut self, sync: Sync) {
        todo!()
    }

    /// How far each conversation is known.
    pub fn sync_request(&self) -> SyncRequest {
        todo!()
    }

    /// The conversations of the sidebar, the one with the newest activity first.
    pub fn heads(&self) -> Vec<&Head> {
        todo!()
    }

    /// The same, filtered for nothing but their order: what a keyed list needs.
    pub fn head_ids(&self) -> Vec<ConversationId> {
        todo!()
    }

    pub fn head(&self, id: ConversationId) -> Option<&Head> {
        todo!()
    }

    /// What a conversation is called: its title, or the other person's name.
    pub fn title(&self, id: ConversationId) -> Option<&str> {
        todo!()
    }

    pub fn timeline(&self, id: ConversationId) -> Option<&Timeline> {
        todo!()
    }

    /// Whether there are messages before the first one known.
    pub fn has_older(&self, id: ConversationId) -> bool {
        todo!()
    }

    /// Whether there are messages after the last one known.
    pub fn has_newer(&self, id: ConversationId) -> bool {
        todo!()
    }

    pub fn message(&self, id: ConversationId, message_id: MessageId) -> Option<&Arc<Message>> {
        todo!()
    }

    /// Owners first, then admins, then members, each in the order of joining; none before `open`.
    pub fn members(&self, id: ConversationId) -> Option<Vec<&Member>> {
        todo!()
    }

    pub fn presence(&self, user_id: UserId) -> PresenceStatus {
        todo!()
    }

    pub fn last_seen_at(&self, user_id: UserId) -> Option<OffsetDateTime> {
        todo!()
    }

    /// Who is writing, without me.
    pub fn typing_names(&self, id: ConversationId) -> Vec<&str> {
        todo!()
    }

    /// Unread messages over all conversations.
    pub fn unread_total(&self) -> i64 {
        todo!()
    }

    /// How far one of my messages has come.
    pub fn tick(&self, message: &Message) -> Tick {
        todo!()
    }

    /// The other members who have read up to this message.
    pub fn readers(&self, message: &Message) -> Vec<&Member> {
        todo!()
    }

    /// The rows of a timeline, oldest first. `unread_after` is the read position at which the
    /// divider stands (take it when the conversation is opened), `day` says on which day of the
    /// reader's calendar a moment lies.
    pub fn rows(
        &self,
        id: ConversationId,
        unread_after: Option<i64>,
        day: &dyn Fn(OffsetDateTime) -> Date,
    ) -> Vec<RowKey> {
        todo!()
    }

    /// What stands in one row of messages; none for days and dividers.
    pub fn row(&self, id: ConversationId, key: &RowKey) -> Option<MessageRow> {
        todo!()
    }
}
