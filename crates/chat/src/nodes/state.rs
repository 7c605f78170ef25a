//! What a node knows of itself and of those that it does not hear.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Readiness is asked by anybody, so its writes are limited: one in this time, whose answer the others
/// get, too.
pub const MIN_WRITE_INTERVAL: Duration = Duration::from_millis(250);

/// Between two reports of the same nodes.
const REPORT_INTERVAL: Duration = Duration::from_mins(1);

pub struct ThisNode {
    /// Random, new for each start.
    pub id: i64,
    /// The time of the last write of its row; `None` if that failed. Locked while it is written.
    pub written_at: tokio::sync::Mutex<Option<Instant>>,
    pub unheard: Unheard,
}

/// The nodes that do not hear this one.
#[derive(Default)]
pub struct Unheard {
    count: AtomicUsize,
    /// What the look before has counted.
    before: AtomicUsize,
    reported_at: Mutex<Option<Instant>>,
}

impl Default for ThisNode {
    fn default() -> Self {
        Self {
            id: rand::random(),
            written_at: tokio::sync::Mutex::default(),
            unheard: Unheard::default(),
        }
    }
}

impl Unheard {
    pub fn get(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Whether the look before has counted some, too.
    pub fn is_repeated(&self, count: usize) -> bool {
        self.before.swap(count, Relaxed) > 0
    }

    /// Whether to report it: when it has grown, and every `REPORT_INTERVAL` while it is not 0.
    pub fn set(&self, count: usize) -> bool {
        let before = self.count.swap(count, Relaxed);
        let mut reported_at = self
            .reported_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_due = reported_at.is_none_or(|at| at.elapsed() >= REPORT_INTERVAL);
        if count > before || (count > 0 && is_due) {
            *reported_at = Some(Instant::now());
            return true;
        }
        false
    }
}
