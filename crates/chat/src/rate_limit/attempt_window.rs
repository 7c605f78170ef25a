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
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Bytes of all subjects that are remembered. Beyond them, those that tried the longest time ago are
/// forgotten before their window is over.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes of a subject beside its attempts: the entry of the cache.
const ENTRY_BYTES: usize = 256;

/// The hash of a subject, which is whatever a stranger says: an account's name has any length.
type Key = [u8; 16];

pub struct AttemptWindow {
    pub max: usize,
    pub window: Duration,
    began_at: Instant,
    /// The attempts in the window, oldest first, in milliseconds since `began_at`. An entry lives for a
    /// window after its last attempt.
    attempts: Cache<Key, VecDeque<u64>>,
}

impl AttemptWindow {
    pub fn new(max: usize, window: Duration) -> Self {
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
            max,
            window,
            began_at: Instant::now(),
            attempts: attempts.build(),
        }
    }

    /// Counts an attempt, until `undo`: a hundred at once must not all get through.
    ///
    /// # Errors
    /// `TooManyRequests` when there are `max` attempts in the window.
    pub async fn record(&self, subject: &str) -> Result<()> {
        let entry = self.attempts.entry(key(subject));
        let recorded = entry.and_try_compute_with(async |entry| {
            let mut times = entry.map_or_else(VecDeque::new, moka::Entry::into_value);
            let now = millis(self.began_at.elapsed());
            let window = millis(self.window);
            times.retain(|time| now - *time < window);
            if times.len() >= self.max
                && let Some(first) = times.front()
            {
                return Err(Error::TooManyRequests {
                    retry_after: Duration::from_millis(window.saturating_sub(now - *first)),
                });
            }
            times.push_back(now);
            Ok(Op::Put(times))
        });
        recorded.await.map(drop)
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
        let window = AttemptWindow::new(2, Duration::from_mins(15));
        let long = "x".repeat(255_000);
        window.record(&long).await.unwrap();
        window.record(&long).await.unwrap();
        assert!(window.record(&long).await.is_err());
        let max = usize::try_from(MAX_BYTES).unwrap() / ENTRY_BYTES;
        for n in 0..max + max / 2 {
            window.record(&n.to_string()).await.unwrap();
        }
        window.attempts.run_pending_tasks().await;
        let count = usize::try_from(window.attempts.entry_count()).unwrap();
        assert!(count <= max, "{count} of {max}");
        // The latest are remembered.
        let last = (max + max / 2 - 1).to_string();
        window.record(&last).await.unwrap();
        assert!(window.record(&last).await.is_err());
    }
}
