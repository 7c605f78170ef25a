//! WorkStats: how much work has been done here since the start, and how much waits.

use crate::{Chat, Error, Result};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkStats {
    /// Changes to conversations: whatever goes through their lanes.
    pub messages: WorkCounts,
    /// Devices that come and go, and what users say of themselves.
    pub presence: WorkCounts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkCounts {
    pub waiting: u64,
    pub active: u64,
    /// Those that were refused among them: a refusal is an answer.
    pub completed: u64,
    /// By a fault of ours.
    pub failed: u64,
}

/// The counters of one kind of work.
#[derive(Debug, Default)]
pub struct WorkCounter {
    waiting: AtomicU64,
    active: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
}

/// GaugeGuard of what is counted in a gauge, for as long as this lives.
struct GaugeGuard<'a>(&'a AtomicU64);

impl<'a> GaugeGuard<'a> {
    fn of(gauge: &'a AtomicU64) -> Self {
        gauge.fetch_add(1, Relaxed);
        Self(gauge)
    }
}

impl Drop for GaugeGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl WorkCounter {
    /// Counts as waiting until the turn comes, and as active until the work is done.
    pub async fn count<T, G>(
        &self,
        turn: impl Future<Output = G>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let waiting = GaugeGuard::of(&self.waiting);
        let _turn = turn.await;
        drop(waiting);
        let _active = GaugeGuard::of(&self.active);
        let result = work.await;
        self.done(&result);
        result
    }

    fn done<T>(&self, result: &Result<T>) {
        let fault = matches!(result, Err(Error::Internal(_) | Error::Unavailable(_)));
        let done = if fault { &self.failed } else { &self.completed };
        done.fetch_add(1, Relaxed);
    }

    /// What waits until it is `begun` and is active until it has `ended`, for work that is done in
    /// batches.
    pub fn waits(&self) {
        self.waiting.fetch_add(1, Relaxed);
    }

    pub fn begun(&self) {
        self.waiting.fetch_sub(1, Relaxed);
        self.active.fetch_add(1, Relaxed);
    }

    pub fn ended<T>(&self, result: &Result<T>) {
        self.active.fetch_sub(1, Relaxed);
        self.done(result);
    }

    fn counts(&self) -> WorkCounts {
        WorkCounts {
            waiting: self.waiting.load(Relaxed),
            active: self.active.load(Relaxed),
            completed: self.completed.load(Relaxed),
            failed: self.failed.load(Relaxed),
        }
    }
}

impl Chat {
    /// The work of this node.
    pub fn work_stats(&self) -> WorkStats {
        WorkStats {
            messages: self.0.conversation_locks.work.counts(),
            presence: self.0.presence.work.counts(),
        }
    }
}
