//! Counters that all receivers of an audience share: who has received which message, and when.

use crate::stats::Latencies;
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// Most messages of one audience; sending more is an error.
pub const MAX_MESSAGES: usize = 1 << 20;

pub struct Deliveries {
    pub receivers: usize,
    /// Prefix of the client ids of this audience's messages.
    pub run: String,
    pub start: Instant,
    /// For each message, microseconds from the start to the moment it was sent, or was due.
    pub sent_at: Vec<AtomicU64>,
    /// For each message, how many have received it.
    received: Vec<AtomicU32>,
    pub next: AtomicU64,
    /// Messages that every receiver has.
    pub complete: AtomicU64,
    pub lost: AtomicU64,
    pub inversions: AtomicU64,
    /// Events that were no messages of this run.
    pub other_events: AtomicU64,
    pub total: AtomicU64,
    /// True once a connection of the audience has broken.
    pub is_broken: AtomicBool,
    /// Notified when a message is complete and when a connection breaks.
    pub changed: Notify,
    latencies: Mutex<Latencies>,
}

impl Deliveries {
    pub fn new(receivers: usize) -> Self {
        let run: u32 = rand::random();
        Self {
            receivers,
            run: format!("{run:x}"),
            start: Instant::now(),
            sent_at: std::iter::repeat_with(AtomicU64::default)
                .take(MAX_MESSAGES)
                .collect(),
            received: std::iter::repeat_with(AtomicU32::default)
                .take(MAX_MESSAGES)
                .collect(),
            next: AtomicU64::new(0),
            complete: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            inversions: AtomicU64::new(0),
            other_events: AtomicU64::new(0),
            total: AtomicU64::new(0),
            is_broken: AtomicBool::new(false),
            changed: Notify::new(),
            latencies: Mutex::default(),
        }
    }

    pub fn latencies(&self) -> MutexGuard<'_, Latencies> {
        self.latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one delivery. The last receiver's delivery completes the message and records its
    /// latency.
    pub fn record_delivery(&self, index: usize) {
        self.total.fetch_add(1, Relaxed);
        let Some(received) = self.received.get(index) else {
            return;
        };
        if received.fetch_add(1, Relaxed) as usize + 1 < self.receivers {
            return;
        }
        let sent_at = Duration::from_micros(self.sent_at[index].load(Relaxed));
        self.latencies()
            .record(self.start.elapsed().saturating_sub(sent_at));
        self.complete.fetch_add(1, Relaxed);
        self.changed.notify_one();
    }
}
