//! Limits of volume and of signing in.

use crate::{Error, Result};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};
use model::UserId;
use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How much is too much. `volume: false` lifts those of sends and registrations, never that of
/// wrong passwords.
#[derive(Clone, Debug)]
pub struct RateLimits {
    pub volume: bool,
    /// Messages at once, and per second after that, of one user.
    pub messages_burst: NonZeroU32,
    pub messages_per_second: NonZeroU32,
    /// Registrations per hour from one address.
    pub registrations_per_hour: NonZeroU32,
    /// Wrong passwords per account and address within the window.
    pub wrong_passwords: usize,
    pub wrong_passwords_window: Duration,
}

impl Default for RateLimits {
    fn default() -> Self {
        const fn number(n: u32) -> NonZeroU32 {
            NonZeroU32::new(n).expect("limits are above zero")
        }
        Self {
            volume: true,
            messages_burst: const { number(100) },
            messages_per_second: const { number(10) },
            registrations_per_hour: const { number(10) },
            wrong_passwords: 10,
            wrong_passwords_window: Duration::from_mins(15),
        }
    }
}

pub struct Limiters {
    messages: Option<DefaultKeyedRateLimiter<UserId>>,
    registrations: Option<DefaultKeyedRateLimiter<IpAddr>>,
    wrong_passwords: WrongPasswords,
}

impl Limiters {
    pub fn new(limits: &RateLimits) -> Self {
        let messages =
            Quota::per_second(limits.messages_per_second).allow_burst(limits.messages_burst);
        let registrations = Quota::per_hour(limits.registrations_per_hour);
        Self {
            messages: limits.volume.then(|| RateLimiter::keyed(messages)),
            registrations: limits.volume.then(|| RateLimiter::keyed(registrations)),
            wrong_passwords: WrongPasswords {
                most: limits.wrong_passwords,
                window: limits.wrong_passwords_window,
                times: Mutex::default(),
            },
        }
    }

    pub fn message(&self, user_id: UserId) -> Result<()> {
        check(self.messages.as_ref(), &user_id)
    }

    pub fn registration(&self, address: Option<IpAddr>) -> Result<()> {
        address.map_or(Ok(()), |address| {
            check(self.registrations.as_ref(), &address)
        })
    }

    /// To be asked before a password is checked, and told when it was right.
    pub fn password_attempt(&self, login: &str, address: Option<IpAddr>) -> Result<Attempt<'_>> {
        self.wrong_passwords.attempt((login.to_owned(), address))
    }
}

fn check<K: Hash + Eq + Clone>(
    limiter: Option<&DefaultKeyedRateLimiter<K>>,
    key: &K,
) -> Result<()> {
    let Some(limiter) = limiter else {
        return Ok(());
    };
    if limiter.len() > 10_000 {
        limiter.retain_recent();
    }
    limiter
        .check_key(key)
        .map_err(|not_until| Error::TooManyRequests {
            retry_after: not_until.wait_time_from(governor::clock::DefaultClock::default().now()),
        })
}

type Key = (String, Option<IpAddr>);

/// governor counts attempts; only the wrong ones must count here.
struct WrongPasswords {
    most: usize,
    window: Duration,
    times: Mutex<HashMap<Key, VecDeque<Instant>>>,
}

pub struct Attempt<'a> {
    passwords: &'a WrongPasswords,
    key: Key,
}

impl WrongPasswords {
    fn attempt(&self, key: Key) -> Result<Attempt<'_>> {
        let now = Instant::now();
        let mut times = self.times();
        if times.len() > 10_000 {
            times.retain(|_, of| of.back().is_some_and(|last| now - *last < self.window));
        }
        if let Some(of) = times.get_mut(&key) {
            while of.front().is_some_and(|first| now - *first >= self.window) {
                of.pop_front();
            }
            if of.len() >= self.most
                && let Some(first) = of.front()
            {
                return Err(Error::TooManyRequests {
                    retry_after: self.window.saturating_sub(now - *first),
                });
            }
        }
        // Counted as wrong until it proves right, or a hundred at once would all get through.
        times.entry(key.clone()).or_default().push_back(now);
        Ok(Attempt {
            passwords: self,
            key,
        })
    }

    fn times(&self) -> MutexGuard<'_, HashMap<Key, VecDeque<Instant>>> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    pub fn succeeded(self) {
        if let Some(of) = self.passwords.times().get_mut(&self.key) {
            of.pop_back();
        }
    }
}
