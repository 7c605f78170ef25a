//! `WrongPasswords`: sliding-window counter of wrong passwords per account and address.
//!
//! This is the count of this node. `../rate_limit.rs` also counts over all nodes, in
//! `cluster/attempt_counter.rs`.
//!
//! `governor` cannot take an attempt back, and only the wrong ones must count.

use crate::error::{Error, Result};
use moka::{future::Cache, ops::compute::Op};
use std::{
    collections::VecDeque,
    net::IpAddr,
    time::{Duration, Instant},
};

/// The login, trimmed and in lower case, and the client's address.
pub type Key = (String, Option<IpAddr>);

pub struct WrongPasswords {
    pub max: usize,
    pub window: Duration,
    /// The times of the attempts in the window, oldest first. An entry lives for a window after its
    /// last attempt.
    attempts: Cache<Key, VecDeque<Instant>>,
}

impl WrongPasswords {
    pub fn new(max: usize, window: Duration) -> Self {
        Self {
            max,
            window,
            attempts: Cache::builder().time_to_live(window).build(),
        }
    }

    /// Counts an attempt as wrong, until `undo`: a hundred at once must not all get through.
    ///
    /// # Errors
    /// `TooManyRequests` when there are `max` attempts in the window.
    pub async fn record(&self, key: &Key) -> Result<()> {
        let entry = self.attempts.entry(key.clone());
        let recorded = entry.and_try_compute_with(async |entry| {
            let mut times = entry.map_or_else(VecDeque::new, moka::Entry::into_value);
            let now = Instant::now();
            times.retain(|time| now - *time < self.window);
            if times.len() >= self.max
                && let Some(first) = times.front()
            {
                return Err(Error::TooManyRequests {
                    retry_after: self.window.saturating_sub(now - *first),
                });
            }
            times.push_back(now);
            Ok(Op::Put(times))
        });
        recorded.await.map(drop)
    }

    /// Takes the latest attempt back.
    pub async fn undo(&self, key: Key) {
        let entry = self.attempts.entry(key);
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
