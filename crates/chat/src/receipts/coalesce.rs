//! Coalescer: merges changes of one key that come shortly after one another, and flushes them in
//! batches.
//!
//! The first change after a pause is flushed at once, or after `FLUSH_INTERVAL` when it was
//! scheduled. While flushes go on, changes collect for `FLUSH_INTERVAL`. Without it a busy
//! conversation would publish a receipt per member and message.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::task::JoinHandle;

/// Pause between two flushes, unless another is set.
const FLUSH_INTERVAL: Duration = Duration::from_millis(50);

/// Changes in one flush; all of them wait for its query. After a full flush the next follows
/// without the interval.
const MAX_FLUSH: usize = 200;

/// A change that a later one of the same key can be merged into.
pub trait Coalesced: Send + 'static {
    type Key: Ord + Send + 'static;

    fn merge(self, later: Self) -> Self;
}

/// Pending changes by key. Clones share the pending changes.
pub struct Coalescer<V: Coalesced> {
    pending: Arc<Mutex<Pending<V>>>,
    interval: Duration,
}

struct Pending<V: Coalesced> {
    changes: BTreeMap<V::Key, V>,
    /// Whether a task flushes, or is about to.
    is_flushing: bool,
}

/// The changes of a flush, in the order of their keys.
type Changes<V> = Vec<(<V as Coalesced>::Key, V)>;

impl<V: Coalesced> Clone for Coalescer<V> {
    fn clone(&self) -> Self {
        Self {
            pending: Arc::clone(&self.pending),
            interval: self.interval,
        }
    }
}

impl<V: Coalesced> Default for Coalescer<V> {
    fn default() -> Self {
        Self::with_interval(FLUSH_INTERVAL)
    }
}

impl<V: Coalesced> Coalescer<V> {
    pub fn with_interval(interval: Duration) -> Self {
        let pending = Pending {
            changes: BTreeMap::new(),
            is_flushing: false,
        };
        Self {
            pending: Arc::new(Mutex::new(pending)),
            interval,
        }
    }

    /// Adds changes and flushes them now, unless a flush goes on: then they are part of the next
    /// one. The handle ends with the first flush, of at most `MAX_FLUSH` changes; further changes
    /// are flushed after it has ended. `None` when the changes have to wait.
    pub fn flush_now<F>(
        &self,
        changes: impl IntoIterator<Item = (V::Key, V)>,
        flush: impl Fn(Changes<V>) -> F + Send + Sync + 'static,
    ) -> Option<JoinHandle<()>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.add(changes).then(|| {
            let coalescer = self.clone();
            tokio::spawn(async move {
                let flushed = coalescer.flush_next(&flush).await;
                tokio::spawn(coalescer.flush_rest(flushed, flush));
            })
        })
    }

    /// Adds changes and flushes them after the interval, so that more urgent work goes first.
    pub fn schedule<F>(
        &self,
        changes: impl IntoIterator<Item = (V::Key, V)>,
        flush: impl Fn(Changes<V>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.add(changes) {
            tokio::spawn(self.clone().flush_rest(1, flush));
        }
    }

    /// Flushes until nothing is pending. `flushed` is the size of the last flush.
    async fn flush_rest<F>(
        self,
        mut flushed: usize,
        flush: impl Fn(Changes<V>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        while flushed > 0 {
            if flushed < MAX_FLUSH {
                tokio::time::sleep(self.interval).await;
            }
            flushed = self.flush_next(&flush).await;
        }
    }

    /// Flushes once. Returns the number of changes.
    async fn flush_next<F>(&self, flush: &(impl Fn(Changes<V>) -> F + Sync)) -> usize
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let changes = self.take();
        let count = changes.len();
        if count > 0 {
            // In a task of its own: if it panics, the changes after it are flushed all the same.
            let _ = tokio::spawn(flush(changes)).await;
        }
        count
    }

    /// Adds changes. Returns whether the caller has to flush: changes are pending, and no task
    /// flushes yet.
    fn add(&self, changes: impl IntoIterator<Item = (V::Key, V)>) -> bool {
        let mut pending = self.lock();
        for (key, change) in changes {
            let change = match pending.changes.remove(&key) {
                Some(earlier) => earlier.merge(change),
                None => change,
            };
            pending.changes.insert(key, change);
        }
        !pending.changes.is_empty() && !std::mem::replace(&mut pending.is_flushing, true)
    }

    /// The next changes to flush. When there are none, flushing has ended.
    fn take(&self) -> Changes<V> {
        let mut pending = self.lock();
        let mut taken = Vec::new();
        while taken.len() < MAX_FLUSH
            && let Some(first) = pending.changes.pop_first()
        {
            taken.push(first);
        }
        pending.is_flushing = !taken.is_empty();
        taken
    }

    fn lock(&self) -> MutexGuard<'_, Pending<V>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
