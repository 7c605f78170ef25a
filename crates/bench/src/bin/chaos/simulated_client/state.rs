//! State of a simulated client that outlives its connections.

use super::{history::History, outbox::Outbox, server_event::Ready, spec::ClientSpec};
use crate::observed::{ClientRecord, Heard};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

/// One in so many sends is not a message but an edit of the last one.
const EDIT_RATIO: u32 = 10;

pub struct ClientState {
    pub outbox: Outbox,
    pub histories: BTreeMap<i64, History>,
    pub refused: Vec<String>,
    /// Connected, and `sync` has returned everything that was missed.
    pub is_online: bool,
    pub connections: u64,
    /// Everything that was told live, in the order of hearing.
    pub heard: Vec<Heard>,
    stale_summaries: u64,
    /// Number of expired access tokens that were refreshed.
    pub token_refreshes: u64,
    pub last_ack: Option<Instant>,
    /// Number of messages so far; names the next one.
    number: u64,
}

impl ClientState {
    pub fn new(conversations: &[i64]) -> Self {
        // The first change of a conversation is its creation, which the client knows of.
        let histories = conversations
            .iter()
            .map(|id| (*id, History::starting_at(1)));
        Self {
            outbox: Outbox::default(),
            histories: histories.collect(),
            refused: Vec::new(),
            is_online: false,
            connections: 0,
            heard: Vec::new(),
            stale_summaries: 0,
            token_refreshes: 0,
            last_ack: None,
            number: 0,
        }
    }

    /// Whether a history waits for a missing change.
    pub fn is_behind(&self) -> bool {
        self.histories.values().any(History::is_behind)
    }

    /// Sequence numbers by conversation, as a `sync` sends them.
    pub fn seqs(&self) -> BTreeMap<String, i64> {
        let histories = self.histories.iter();
        histories
            .map(|(id, it)| (id.to_string(), it.seq()))
            .collect()
    }

    pub fn on_disconnect(&mut self) {
        self.is_online = false;
        self.outbox.on_disconnect();
    }

    /// `ready` is read after the client had what it has, so it can't be behind.
    pub fn on_connect(&mut self, ready: &Ready) {
        self.connections += 1;
        let behind = ready.seqs().filter(|(id, seq)| {
            let history = self.histories.get(id);
            history.is_some_and(|it| it.seq() > *seq)
        });
        self.stale_summaries += u64::try_from(behind.count()).unwrap_or(u64::MAX);
        self.histories.values_mut().for_each(History::on_connect);
    }

    /// Puts a message to a random conversation into the outbox, or an edit of the last message.
    pub fn push_random_send(&mut self, spec: &ClientSpec, padding_bytes: usize) {
        if rand::random_ratio(1, EDIT_RATIO) {
            return self.outbox.push_edit(|body| format!("{body} edited"));
        }
        let conversations = &spec.conversations;
        let conversation = conversations[rand::random_range(0..conversations.len())];
        self.number += 1;
        let (name, number) = (&spec.name, self.number);
        let mut body = format!("{name}.{number}");
        if padding_bytes > 0 {
            body = format!("{body} {:.<padding_bytes$}", "");
        }
        self.outbox.push(conversation, body);
    }

    pub fn record(&self, spec: &ClientSpec) -> ClientRecord {
        let histories = self.histories.iter();
        ClientRecord {
            name: spec.name.clone(),
            user: spec.user.user_id.0,
            sent: self.outbox.sent().to_vec(),
            refused: self.refused.clone(),
            records: histories
                .map(|(id, it)| (*id, it.record().clone()))
                .collect(),
            heard: self.heard.clone(),
            stale_summaries: self.stale_summaries,
        }
    }
}

pub fn lock_state(state: &Mutex<ClientState>) -> MutexGuard<'_, ClientState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
