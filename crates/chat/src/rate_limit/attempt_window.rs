//! `AttemptWindow`: sliding-window counter of attempts, of wrong passwords or of registrations.
//!
//! This is the count of this node. `../rate_limit.rs` also counts over all nodes, in
//! `cluster/attempt_counter.rs`.
//!
//! `governor` cannot take an attempt back, and only the wrong passwords must count.

use crate::error::{Error, Result};
use moka::{future::Cache, ops::compute::Op, policy::EvictionPolicy};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::Notify, time::timeout_at};

/// Bytes of all subjects that are remembered. Beyond them, those that tried the longest time ago are
/// forgotten before their window is over.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes of a subject beside its attempts: the entry of the cache.
const ENTRY_BYTES: usize = 256;

/// How long an attempt waits for those that are pending, and when its client may come back after that.
const PENDING_TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_PENDING: Duration = Duration::from_secs(1);

/// The hash of a subject, which is whatever a stranger says: an account's name has any length.
type Key = [u8; 16];

pub struct AttemptWindow {
    /// What a refusal says that there were too many of.
    pub of: &'static str,
    pub max: usize,
    pub window: Duration,
    began_at: Instant,
    /// The attempts in the window, oldest first, in milliseconds since `began_at`. An entry lives for a
    /// window after its last attempt.
    attempts: Cache<Key, VecDeque<u64>>,
    /// How many attempts of each subject are counted, and may still be taken back.
    pending: Mutex<HashMap<Key, usize>>,
    /// An attempt is pending no more.
    settled: Notify,
}

/// Why an attempt is refused.
enum Refusal {
    /// The window is full of attempts that count.
    Full(Error),
    /// Attempts that are pending fill the window.
    Pending(Error),
}

impl AttemptWindow {
    pub fn new(of: &'static str, max: usize, window: Duration) -> Self {
        let attempts = Cache::builder()
            .time_to_live(window)
            .max_capacity(MAX_BYTES)
            .weigher(|_, times: &VecDeque<u64>| {
                let bytes = ENTRY_BYTES + times.capacity() * size_of::<u64>();
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            // The other policy lets nobody new in while the cache is full.
            .eviction_policy(EvictionPolicy::lru());
        Self {
            of,
            max,
            window,
            began_at: Instant::now(),
            attempts: attempts.build(),
            pending: Mutex::default(),
            settled: Notify::new(),
        }
    }

    /// Counts an attempt, until `undo`: a hundred at once must not all get through. Where those that are
    /// pending fill the window, it waits until they are settled. The attempt is pending until `settle`.
    ///
    /// # Errors
    /// `TooManyRequests` when there are `max` attempts in the window.
    pub async fn record(&self, subject: &str) -> Result<()> {
        let (key, deadline) = (key(subject), Instant::now() + PENDING_TIMEOUT);
        loop {
            let mut settled = pin!(self.settled.notified());
            settled.as_mut().enable();
            match self.try_record(key).await {
                Ok(()) => return Ok(()),
                Err(Refusal::Full(error)) => return Err(error),
                Err(Refusal::Pending(error)) => {
                    let settled = timeout_at(deadline.into(), settled);
                    settled.await.map_err(|_| error)?;
                }
            }
        }
    }

    async fn try_record(&self, key: Key) -> std::result::Result<(), Refusal> {
        let recorded = self
            .attempts
            .entry(key)
            .and_try_compute_with(async |entry| {
                let mut times = entry.map_or_else(VecDeque::new, moka::Entry::into_value);
                let now = millis(self.began_at.elapsed());
                let window = millis(self.window);
                times.retain(|time| now - *time < window);
                let mut pending = self.pending();
                if times.len() >= self.max
                    && let Some(first) = times.front()
                {
                    let error = |retry_after| Error::TooManyRequests {
                        of: self.of,
                        retry_after,
                    };
                    let wait = Duration::from_millis(window.saturating_sub(now - *first));
                    return Err(if pending.contains_key(&key) {
                        Refusal::Pending(error(RETRY_PENDING))
                    } else {
                        Refusal::Full(error(wait))
                    });
                }
                times.push_back(now);
                *pending.entry(key).or_default() += 1;
                Ok(Op::Put(times))
            });
        recorded.await.map(drop)
    }

    /// The attempt counts for good, or has been undone.
    pub fn settle(&self, subject: &str) {
        let key = key(subject);
        let mut pending = self.pending();
        if let Some(count) = pending.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                pending.remove(&key);
            }
        }
        drop(pending);
        self.settled.notify_waiters();
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<Key, usize>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the latest attempt back.
    pub async fn undo(&self, subject: &str) {
        let entry = self.attempts.entry(key(subject));
        let undone = entry.and_compute_with(async |entry| {
            let mut times = entry.map_or_else(VecDeque::new, moka::Entry::into_value);
            times.pop_back();
            if times.is_empty() {
                Op::Remove
            } else {
                Op::Put(times)
            }
        });
        undone.await;
    }
}

fn key(subject: &str) -> Key {
    let digest: [u8; 32] = Sha256::digest(subject).into();
    let mut key = Key::default();
    key.copy_from_slice(&digest[..16]);
    key
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{AttemptWindow, ENTRY_BYTES, MAX_BYTES};
    use std::time::Duration;

    #[tokio::test]
    async fn what_strangers_name_is_bounded() {
        let window = AttemptWindow::new("attempts", 2, Duration::from_mins(15));
        let long = "x".repeat(255_000);
        for _ in 0..2 {
            window.record(&long).await.unwrap();
            window.settle(&long);
        }
        assert!(window.record(&long).await.is_err());
        let max = usize::try_from(MAX_BYTES).unwrap() / ENTRY_BYTES;
        for n in 0..max + max / 2 {
            window.record(&n.to_string()).await.unwrap();
            window.settle(&n.to_string());
        }
        window.attempts.run_pending_tasks().await;
        let count = usize::try_from(window.attempts.entry_count()).unwrap();
        assert!(count <= max, "{count} of {max}");
        // The latest are remembered.
        let last = (max + max / 2 - 1).to_string();
        window.record(&last).await.unwrap();
        window.settle(&last);
        assert!(window.record(&last).await.is_err());
    }

    #[tokio::test]
    async fn what_is_pending_is_waited_for() {
        let window = AttemptWindow::new("attempts", 1, Duration::from_mins(15));
        window.record("ada").await.unwrap();
        let right = async {
            window.undo("ada").await;
            window.settle("ada");
        };
        let (second, ()) = tokio::join!(window.record("ada"), right);
        second.unwrap();
        let wrong = async { window.settle("ada") };
        let (third, ()) = tokio::join!(window.record("ada"), wrong);
        third.unwrap_err();
    }
}
