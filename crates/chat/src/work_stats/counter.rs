//! `WorkCounter`: counts one kind of work.

use crate::error::{Error, Result};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkCounts {
    /// Queued now: waiting for a lock or a batch.
    pub waiting: u64,
    /// Running now.
    pub active: u64,
    /// Ended since the start of the process, requests that were refused included.
    pub completed: u64,
    /// Ended since the start with `Internal` or `Unavailable`.
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

/// Increments a gauge, and decrements it when dropped.
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
    /// Counts as waiting until `lock` resolves, and then as active until `work` does. Holds what
    /// `lock` resolved to until the work has ended.
    pub async fn count<T, G>(
        &self,
        lock: impl Future<Output = G>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let waiting = GaugeGuard::of(&self.waiting);
        let _guard = lock.await;
        drop(waiting);
        let _active = GaugeGuard::of(&self.active);
        let result = work.await;
        self.count_result(&result);
        result
    }

    fn count_result<T>(&self, result: &Result<T>) {
        let fault = matches!(result, Err(Error::Internal(_) | Error::Unavailable(_)));
        let counter = if fault { &self.failed } else { &self.completed };
        counter.fetch_add(1, Relaxed);
    }

    /// Work that is counted step by step: it waits from `enqueued` to `started`, and is active from
    /// then to `finished`.
    pub fn enqueued(&self) {
        self.waiting.fetch_add(1, Relaxed);
    }

    pub fn started(&self) {
        self.waiting.fetch_sub(1, Relaxed);
        self.active.fetch_add(1, Relaxed);
    }

    pub fn finished<T>(&self, result: &Result<T>) {
        self.active.fetch_sub(1, Relaxed);
        self.count_result(result);
    }

    pub fn counts(&self) -> WorkCounts {
        WorkCounts {
            waiting: self.waiting.load(Relaxed),
            active: self.active.load(Relaxed),
            completed: self.completed.load(Relaxed),
            failed: self.failed.load(Relaxed),
        }
    }
}
