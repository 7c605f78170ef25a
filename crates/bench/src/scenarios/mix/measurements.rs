//! Latencies and counters of a workload, shared by all of its connections.

use super::{company::SEEDED_MESSAGES, plan::Action};
use crate::{payload::scan_message, stats::Latencies};
use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Delivered,
    /// HTTP answer to a page or a search.
    Answered(Action),
}

/// What a workload has measured so far.
pub struct Report {
    pub delivered: Latencies,
    pub others: u64,
    pub lost: u64,
    answered: HashMap<Kind, Latencies>,
}

impl Report {
    /// Latencies of pages or of searches; `None` when there was none.
    pub fn answered(&self, action: Action) -> Option<&Latencies> {
        self.answered.get(&Kind::Answered(action))
    }
}

pub struct Measurements {
    /// Prefix of the client ids of this workload's messages.
    run: String,
    /// For each message, when it was due, and the index of its conversation.
    due: Mutex<Vec<(Instant, usize)>>,
    /// For each conversation, the newest position that anybody has received.
    positions: Vec<AtomicU64>,
    expected: AtomicU64,
    received: AtomicU64,
    others: AtomicU64,
    latencies: Mutex<HashMap<Kind, Latencies>>,
}

impl Measurements {
    pub fn new(conversations: usize) -> Self {
        let run: u32 = rand::random();
        Self {
            run: format!("{run:x}"),
            due: Mutex::default(),
            positions: (0..conversations)
                .map(|_| AtomicU64::new(SEEDED_MESSAGES as u64))
                .collect(),
            expected: AtomicU64::new(0),
            received: AtomicU64::new(0),
            others: AtomicU64::new(0),
            latencies: Mutex::default(),
        }
    }

    /// Registers a message that so many members will receive. Returns its client id.
    pub fn register(&self, due: Instant, conversation: usize, members: usize) -> String {
        let number = {
            let mut dues = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            dues.push((due, conversation));
            dues.len() - 1
        };
        self.expected.fetch_add(members as u64, Relaxed);
        format!("{}-{number}", self.run)
    }

    pub fn position(&self, conversation: usize) -> u64 {
        self.positions[conversation].load(Relaxed)
    }

    /// Counts one received event.
    pub fn receive(&self, name: &str, payload: &str) {
        let message = (name == "message:created").then(|| scan_message(payload, &self.run));
        let Some((seq, number)) = message.flatten() else {
            self.others.fetch_add(1, Relaxed);
            return;
        };
        let (due, conversation) = {
            let dues = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(due) = dues.get(number) else { return };
            *due
        };
        // The first change of a seeded group is its creation, and all others are messages: a
        // message's position is its sequence number less one.
        self.positions[conversation].fetch_max(seq.saturating_sub(1), Relaxed);
        self.record(Kind::Delivered, due.elapsed());
        self.received.fetch_add(1, Relaxed);
    }

    /// Records the HTTP answer to an action that was due at `due`.
    pub fn record_answer(&self, action: Action, due: Instant) {
        self.record(Kind::Answered(action), due.elapsed());
    }

    /// Deliveries that are still missing.
    pub fn missing(&self) -> u64 {
        let expected = self.expected.load(Relaxed);
        expected.saturating_sub(self.received.load(Relaxed))
    }

    /// Drops the latencies so far: they belong to the warm-up.
    pub fn reset_latencies(&self) {
        self.latencies().clear();
        self.others.store(0, Relaxed);
    }

    pub fn report(&self) -> Report {
        let mut answered = self.latencies().clone();
        Report {
            delivered: answered.remove(&Kind::Delivered).unwrap_or_default(),
            others: self.others.load(Relaxed),
            lost: self.missing(),
            answered,
        }
    }

    fn latencies(&self) -> MutexGuard<'_, HashMap<Kind, Latencies>> {
        self.latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, kind: Kind, latency: Duration) {
        self.latencies().entry(kind).or_default().record(latency);
    }
}
