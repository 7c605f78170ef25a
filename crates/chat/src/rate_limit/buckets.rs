//! How many messages each user has left: a bucket that fills with time, and can be charged for what
//! other nodes let through, even when there is nothing in it.

use crate::{Error, Result};
use model::UserId;
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Beyond so many users, those with a full bucket are forgotten.
const MOST: usize = 10_000;

pub struct Buckets {
    /// Until one more is there.
    refill: Duration,
    /// Until an empty one is full.
    depth: Duration,
    users: Mutex<Users>,
    /// Whether other nodes want to know.
    is_shared: bool,
}

#[derive(Default)]
struct Users {
    full_at: HashMap<UserId, Instant>,
    /// What this node let through, and has not said yet.
    spent: HashMap<UserId, u32>,
    tidy_at: usize,
}

impl Buckets {
    pub fn new(burst: NonZeroU32, per_second: NonZeroU32, is_shared: bool) -> Self {
        let refill = Duration::from_secs(1) / per_second.get();
        Self {
            refill,
            depth: refill * burst.get(),
            users: Mutex::default(),
            is_shared,
        }
    }

    pub fn take(&self, user_id: UserId, now: Instant) -> Result<()> {
        let mut users = self.lock();
        users.tidy(now);
        let full_at = users.full_at.entry(user_id).or_insert(now);
        let then = now.max(*full_at) + self.refill;
        let wait = then.saturating_duration_since(now + self.depth);
        if !wait.is_zero() {
            return Err(Error::TooManyRequests { retry_after: wait });
        }
        *full_at = then;
        if self.is_shared {
            *users.spent.entry(user_id).or_default() += 1;
        }
        Ok(())
    }

    /// Other nodes have let this much through. What the bucket does not have is owed, or whoever
    /// goes from node to node would be let through more; but not more than a bucket.
    pub fn charge(&self, spent: &[(UserId, u32)], now: Instant) {
        let mut users = self.lock();
        for (user_id, count) in spent {
            let full_at = users.full_at.entry(*user_id).or_insert(now);
            let then = now.max(*full_at) + self.refill.saturating_mul(*count);
            *full_at = then.min(now + self.depth * 2);
        }
    }

    /// What this node has let through since this was asked last.
    pub fn take_spent(&self) -> Vec<(UserId, u32)> {
        std::mem::take(&mut self.lock().spent).into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Users {
    fn tidy(&mut self, now: Instant) {
        if self.full_at.len() > self.tidy_at.max(MOST) {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.tidy_at = self.full_at.len() * 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Buckets;
    use crate::Error;
    use model::UserId;
    use std::{
        num::NonZeroU32,
        time::{Duration, Instant},
    };

    const ADA: UserId = UserId(1);

    fn buckets() -> Buckets {
        let number = |n| NonZeroU32::new(n).unwrap();
        Buckets::new(number(3), number(10), true)
    }

    /// How many it lets through at that time.
    fn let_through(buckets: &Buckets, at: Instant) -> usize {
        (0..100)
            .take_while(|_| buckets.take(ADA, at).is_ok())
            .count()
    }

    #[test]
    fn a_burst_and_then_what_time_brings() {
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
    fn what_others_let_through_is_owed() {
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
    fn only_what_was_let_through_here_is_said() {
        let (buckets, start) = (buckets(), Instant::now());
        let_through(&buckets, start);
        buckets.charge(&[(UserId(2), 1)], start);
        assert_eq!(buckets.take_spent(), [(ADA, 3)]);
        assert_eq!(buckets.take_spent(), []);
    }
}
