//! `TokenBuckets`: a token bucket per user, or per another key, which what is known only afterwards can
//! overdraw: the usage of other nodes, and the size of an audience.

use crate::error::{Error, Result};
use model::UserId;
use std::{
    collections::HashMap,
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Beyond this many keys, those with a full bucket are forgotten.
const MAX_KEYS: usize = 10_000;

pub struct TokenBuckets<K = UserId> {
    /// Time in which a bucket gains one token.
    refill: Duration,
    /// Time in which an empty bucket becomes full.
    capacity: Duration,
    burst: u32,
    /// What a refusal says that there were too many of.
    of: &'static str,
    keys: Mutex<Keys<K>>,
    /// Whether usage is kept for `drain_usage`.
    is_clustered: bool,
}

struct Keys<K> {
    /// When the bucket of each key will be full.
    full_at: HashMap<K, Instant>,
    /// Tokens that were taken on this node since the last `drain_usage`.
    usage: HashMap<K, u32>,
    /// The number of keys at which full buckets are forgotten next.
    prune_at: usize,
}

impl<K: Copy + Eq + Hash> TokenBuckets<K> {
    pub fn new(
        of: &'static str,
        burst: NonZeroU32,
        per_second: NonZeroU32,
        is_clustered: bool,
    ) -> Self {
        let refill = Duration::from_secs(1) / per_second.get();
        Self {
            is_clustered,
            ..Self::with_refill(of, burst, refill)
        }
    }

    /// Buckets that gain one token in each `refill`, of this node alone.
    pub fn with_refill(of: &'static str, burst: NonZeroU32, refill: Duration) -> Self {
        Self {
            refill,
            capacity: refill * burst.get(),
            burst: burst.get(),
            of,
            keys: Mutex::new(Keys {
                full_at: HashMap::new(),
                usage: HashMap::new(),
                prune_at: 0,
            }),
            is_clustered: false,
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// `TooManyRequests`, with the time until there is one.
    pub fn take(&self, key: K, now: Instant) -> Result<()> {
        self.take_many(key, 1, now)
    }

    /// Takes tokens, all or none. What costs more than a full bucket empties a full one.
    ///
    /// # Errors
    /// `TooManyRequests`, with the time until there are as many.
    pub fn take_many(&self, key: K, count: u32, now: Instant) -> Result<()> {
        let mut keys = self.lock();
        keys.prune(now);
        let full_at = keys.full_at.entry(key).or_insert(now);
        let then = now.max(*full_at) + self.refill * count.min(self.burst);
        let wait = then.saturating_duration_since(now + self.capacity);
        if !wait.is_zero() {
            return Err(Error::TooManyRequests {
                of: self.of,
                retry_after: wait,
            });
        }
        *full_at = then;
        if self.is_clustered {
            *keys.usage.entry(key).or_default() += count;
        }
        Ok(())
    }

    /// Takes a token of each of these buckets, or none of any.
    ///
    /// # Errors
    /// `TooManyRequests`, with the time until each has one.
    pub fn take_each(&self, all: impl Iterator<Item = K> + Clone, now: Instant) -> Result<()> {
        let mut keys = self.lock();
        keys.prune(now);
        let full_at = |keys: &Keys<K>, key| now.max(keys.full_at.get(&key).copied().unwrap_or(now));
        let last = all.clone().map(|key| full_at(&keys, key)).max();
        let then = last.unwrap_or(now) + self.refill;
        let wait = then.saturating_duration_since(now + self.capacity);
        if !wait.is_zero() {
            return Err(Error::TooManyRequests {
                of: self.of,
                retry_after: wait,
            });
        }
        for key in all {
            let then = full_at(&keys, key) + self.refill;
            keys.full_at.insert(key, then);
        }
        Ok(())
    }

    /// Takes nothing.
    ///
    /// # Errors
    /// `TooManyRequests` when the bucket is empty, with the time until there is a token.
    pub fn require(&self, key: K, now: Instant) -> Result<()> {
        self.require_many(key, 1, now)
    }

    /// Takes nothing, where `take_many` would take so many.
    ///
    /// # Errors
    /// `TooManyRequests`, with the time until there are as many.
    pub fn require_many(&self, key: K, count: u32, now: Instant) -> Result<()> {
        let full_at = self.lock().full_at.get(&key).copied().unwrap_or(now);
        let then = now.max(full_at) + self.refill * count.min(self.burst);
        let wait = then.saturating_duration_since(now + self.capacity);
        if wait.is_zero() {
            Ok(())
        } else {
            Err(Error::TooManyRequests {
                of: self.of,
                retry_after: wait,
            })
        }
    }

    /// Charges what has been let through elsewhere. A bucket may be overdrawn, so that users
    /// gain nothing by going from node to node; but by no more than its capacity.
    pub fn charge(&self, usage: &[(K, u32)], now: Instant) {
        let mut keys = self.lock();
        for (key, count) in usage {
            let full_at = keys.full_at.entry(*key).or_insert(now);
            let then = now.max(*full_at) + self.refill.saturating_mul(*count);
            *full_at = then.min(now + self.capacity * 2);
        }
    }

    /// The tokens that were taken on this node since the last call, by key.
    pub fn drain_usage(&self) -> Vec<(K, u32)> {
        std::mem::take(&mut self.lock().usage).into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Keys<K>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Keys<K> {
    fn prune(&mut self, now: Instant) {
        if self.full_at.len() > self.prune_at.max(MAX_KEYS) {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.prune_at = self.full_at.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TokenBuckets;
    use crate::Error;
    use model::UserId;
    use std::{
        num::NonZeroU32,
        time::{Duration, Instant},
    };

    const ADA: UserId = UserId(1);

    fn buckets() -> TokenBuckets {
        let number = |n| NonZeroU32::new(n).unwrap();
        TokenBuckets::new("messages", number(3), number(10), true)
    }

    /// The number of messages that it lets through at that time.
    fn let_through(buckets: &TokenBuckets, at: Instant) -> usize {
        (0..100)
            .take_while(|_| buckets.take(ADA, at).is_ok())
            .count()
    }

    #[test]
    fn allows_a_burst_and_then_the_rate() {
        let (buckets, start) = (buckets(), Instant::now());
        assert_eq!(let_through(&buckets, start), 3);
        let refused = buckets.take(ADA, start).unwrap_err();
        assert!(matches!(
            refused,
            Error::TooManyRequests { retry_after, .. } if retry_after == Duration::from_millis(100)
        ));
        assert!(buckets.take(UserId(2), start).is_ok());
        assert_eq!(let_through(&buckets, start + Duration::from_millis(250)), 2);
        assert_eq!(let_through(&buckets, start + Duration::from_mins(1)), 3);
    }

    #[test]
    fn takes_many_or_none_and_never_asks_for_more_than_a_full_bucket() {
        let (buckets, start) = (buckets(), Instant::now());
        buckets.take_many(ADA, 2, start).unwrap();
        let refused = buckets.take_many(ADA, 2, start).unwrap_err();
        assert!(matches!(
            refused,
            Error::TooManyRequests { retry_after, .. } if retry_after == Duration::from_millis(100)
        ));
        buckets.take_many(ADA, 1, start).unwrap();
        assert!(buckets.require(ADA, start).is_err());
        let full = start + Duration::from_millis(300);
        assert!(buckets.require(ADA, full).is_ok());
        buckets.take_many(ADA, 1_000, full).unwrap();
        assert!(buckets.take(ADA, full).is_err());
    }

    #[test]
    fn takes_of_each_bucket_or_of_none() {
        let (buckets, start) = (buckets(), Instant::now());
        assert_eq!(let_through(&buckets, start), 3);
        let both = [UserId(2), ADA].into_iter();
        assert!(buckets.take_each(both, start).is_err());
        for _ in 0..3 {
            buckets.take_each([UserId(2)].into_iter(), start).unwrap();
        }
        assert!(buckets.take_each([UserId(2)].into_iter(), start).is_err());
    }

    #[test]
    fn usage_of_other_nodes_overdraws_a_bucket() {
        let (buckets, start) = (buckets(), Instant::now());
        assert_eq!(let_through(&buckets, start), 3);
        buckets.charge(&[(ADA, 2)], start);
        let later = start + Duration::from_millis(300);
        assert_eq!(let_through(&buckets, later), 1);
        buckets.charge(&[(ADA, 1000)], later);
        assert_eq!(let_through(&buckets, later + Duration::from_millis(300)), 0);
        assert_eq!(let_through(&buckets, later + Duration::from_millis(400)), 1);
    }

    #[test]
    fn reports_only_its_own_usage() {
        let (buckets, start) = (buckets(), Instant::now());
        let_through(&buckets, start);
        buckets.charge(&[(UserId(2), 1)], start);
        assert_eq!(buckets.drain_usage(), [(ADA, 3)]);
        assert_eq!(buckets.drain_usage(), []);
    }
}
