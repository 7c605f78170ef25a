//! Coalescer: merges changes of one key that come shortly after one another, and flushes them in
//! batches.
//!
//! The first change after a pause is flushed at once, or after `FLUSH_INTERVAL` when it was
//! scheduled. While flushes go on, changes collect for `FLUSH_INTERVAL`. Without it a busy
//! conversation would publish a receipt per member and message.
//!
//! Changes of very many keys wait behind the others, and are flushed a few at a time, without a pause: another change
//! that comes meanwhile waits for no more than the flush that goes on.

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

/// Changes in one flush of those that wait behind the others.
const MAX_FLUSH_BEHIND: usize = 40;

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
    /// Those that wait behind the others, none of a key that is among them.
    behind: BTreeMap<V::Key, V>,
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
            behind: BTreeMap::new(),
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
                let next = coalescer.flush_next(&flush).await;
                tokio::spawn(coalescer.flush_rest(next, flush));
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
            tokio::spawn(self.clone().flush_rest(Some(self.interval), flush));
        }
    }

    /// Adds changes that wait behind others, of which there may be very many, and flushes them.
    pub fn flush_behind<F>(
        &self,
        changes: impl IntoIterator<Item = (V::Key, V)>,
        flush: impl Fn(Changes<V>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.add_behind(changes) {
            tokio::spawn(self.clone().flush_rest(Some(Duration::ZERO), flush));
        }
    }

    /// Flushes until nothing is pending. `next` is the time until the next flush.
    async fn flush_rest<F>(
        self,
        mut next: Option<Duration>,
        flush: impl Fn(Changes<V>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        while let Some(pause) = next {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            next = self.flush_next(&flush).await;
        }
    }

    /// Flushes once. Returns the time until the next flush; `None` when nothing was pending.
    async fn flush_next<F>(&self, flush: &(impl Fn(Changes<V>) -> F + Sync)) -> Option<Duration>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (changes, is_all) = self.take();
        if changes.is_empty() {
            return None;
        }
        // In a task of its own: if it panics, the changes after it are flushed all the same.
        let _ = tokio::spawn(flush(changes)).await;
        Some(if is_all {
            self.interval
        } else {
            Duration::ZERO
        })
    }

    /// Adds changes. Returns whether the caller has to flush: changes are pending, and no task
    /// flushes yet.
    fn add(&self, changes: impl IntoIterator<Item = (V::Key, V)>) -> bool {
        let mut pending = self.lock();
        for (key, change) in changes {
            let earlier = pending.changes.remove(&key);
            let earlier = earlier.or_else(|| pending.behind.remove(&key));
            let change = match earlier {
                Some(earlier) => earlier.merge(change),
                None => change,
            };
            pending.changes.insert(key, change);
        }
        pending.begin_flushing()
    }

    /// As `add`, behind the others, unless one of the same key waits among them.
    fn add_behind(&self, changes: impl IntoIterator<Item = (V::Key, V)>) -> bool {
        let mut pending = self.lock();
        let pending = &mut *pending;
        for (key, change) in changes {
            let place = if pending.changes.contains_key(&key) {
                &mut pending.changes
            } else {
                &mut pending.behind
            };
            let change = match place.remove(&key) {
                Some(earlier) => earlier.merge(change),
                None => change,
            };
            place.insert(key, change);
        }
        pending.begin_flushing()
    }

    /// The next changes to flush, and whether no other is left that can be flushed at once. When there are none,
    /// flushing has ended.
    fn take(&self) -> (Changes<V>, bool) {
        let mut pending = self.lock();
        let mut taken = take_first(&mut pending.changes, MAX_FLUSH);
        let is_full = taken.len() == MAX_FLUSH;
        taken.extend(take_first(&mut pending.behind, MAX_FLUSH_BEHIND));
        pending.is_flushing = !taken.is_empty();
        (taken, !is_full && pending.behind.is_empty())
    }

    fn lock(&self) -> MutexGuard<'_, Pending<V>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Coalesced> Pending<V> {
    /// Whether the caller has to flush: changes are pending, and no task flushes yet.
    fn begin_flushing(&mut self) -> bool {
        let is_empty = self.changes.is_empty() && self.behind.is_empty();
        !is_empty && !std::mem::replace(&mut self.is_flushing, true)
    }
}

fn take_first<K: Ord, V>(from: &mut BTreeMap<K, V>, max: usize) -> Vec<(K, V)> {
    let first = std::iter::from_fn(|| from.pop_first());
    first.take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::{Coalesced, Coalescer, MAX_FLUSH, MAX_FLUSH_BEHIND};

    struct Last(i64);

    impl Coalesced for Last {
        type Key = i64;

        fn merge(self, later: Self) -> Self {
            later
        }
    }

    fn all(keys: std::ops::Range<i64>) -> impl Iterator<Item = (i64, Last)> {
        keys.map(|key| (key, Last(key)))
    }

    #[test]
    fn what_waits_behind_is_flushed_a_few_at_a_time_after_what_came_later() {
        let coalescer = Coalescer::default();
        assert!(coalescer.add_behind(all(0..10_000)));
        assert!(!coalescer.add([(20_000, Last(1)), (9_999, Last(2))]));
        assert!(!coalescer.add_behind([(20_000, Last(3))]));
        let (taken, is_all) = coalescer.take();
        let first: Vec<_> = taken[..3].iter().map(|(key, it)| (*key, it.0)).collect();
        assert_eq!(first, [(9_999, 2), (20_000, 3), (0, 0)]);
        assert_eq!((taken.len(), is_all), (2 + MAX_FLUSH_BEHIND, false));
        let (mut count, mut flushes) = (taken.len(), 1);
        loop {
            let (taken, is_all) = coalescer.take();
            (count, flushes) = (count + taken.len(), flushes + 1);
            if is_all {
                break;
            }
        }
        assert_eq!(count, 10_001, "each once");
        assert!(flushes <= 10_000 / MAX_FLUSH_BEHIND + 1, "{flushes}");
        assert!(coalescer.take().0.is_empty());
        assert!(coalescer.add(all(0..1)), "flushing has ended");
    }

    #[test]
    fn a_full_flush_is_followed_by_the_next_at_once() {
        let coalescer = Coalescer::default();
        coalescer.add(all(0..201));
        let (taken, is_all) = coalescer.take();
        assert_eq!((taken.len(), is_all), (MAX_FLUSH, false));
        let (taken, is_all) = coalescer.take();
        assert_eq!((taken.len(), is_all), (1, true));
    }
}
