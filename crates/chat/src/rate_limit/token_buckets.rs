//! `TokenBuckets`: a token bucket of messages per user, which other nodes' usage can overdraw.

use crate::error::{Error, Result};
use model::UserId;
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Beyond this many users, those with a full bucket are forgotten.
const MAX_USERS: usize = 10_000;

pub struct TokenBuckets {
    /// Time in which a bucket gains one token.
    refill: Duration,
    /// Time in which an empty bucket becomes full.
    capacity: Duration,
    users: Mutex<Users>,
    /// Whether usage is kept for `drain_usage`.
    is_clustered: bool,
}

#[derive(Default)]
struct Users {
    /// When the bucket of each user will be full.
    full_at: HashMap<UserId, Instant>,
    /// Messages that this node let through since the last `drain_usage`.
    usage: HashMap<UserId, u32>,
    /// The number of users at which full buckets are forgotten next.
    prune_at: usize,
}

impl TokenBuckets {
    pub fn new(burst: NonZeroU32, per_second: NonZeroU32, is_clustered: bool) -> Self {
        let refill = Duration::from_secs(1) / per_second.get();
        Self {
            refill,
            capacity: refill * burst.get(),
            users: Mutex::default(),
            is_clustered,
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// `TooManyRequests`, with the time until there is one.
    pub fn take(&self, user_id: UserId, now: Instant) -> Result<()> {
        let mut users = self.lock();
        users.prune(now);
        let full_at = users.full_at.entry(user_id).or_insert(now);
        let then = now.max(*full_at) + self.refill;
        let wait = then.saturating_duration_since(now + self.capacity);
        if !wait.is_zero() {
            return Err(Error::TooManyRequests { retry_after: wait });
        }
        *full_at = then;
        if self.is_clustered {
            *users.usage.entry(user_id).or_default() += 1;
        }
        Ok(())
    }

    /// Charges the messages that another node let through. A bucket may be overdrawn, so that users
    /// gain nothing by going from node to node; but by no more than its capacity.
    pub fn charge(&self, usage: &[(UserId, u32)], now: Instant) {
        let mut users = self.lock();
        for (user_id, count) in usage {
            let full_at = users.full_at.entry(*user_id).or_insert(now);
            let then = now.max(*full_at) + self.refill.saturating_mul(*count);
            *full_at = then.min(now + self.capacity * 2);
        }
    }

    /// The messages that this node let through since the last call, by user.
    pub fn drain_usage(&self) -> Vec<(UserId, u32)> {
        std::mem::take(&mut self.lock().usage).into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Users {
    fn prune(&mut self, now: Instant) {
        if self.full_at.len() > self.prune_at.max(MAX_USERS) {
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
        TokenBuckets::new(number(3), number(10), true)
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
            Error::TooManyRequests { retry_after } if retry_after == Duration::from_millis(100)
        ));
        assert!(buckets.take(UserId(2), start).is_ok());
        assert_eq!(let_through(&buckets, start + Duration::from_millis(250)), 2);
        assert_eq!(let_through(&buckets, start + Duration::from_mins(1)), 3);
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
