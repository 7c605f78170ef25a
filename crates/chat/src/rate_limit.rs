//! Limits of volume and of signing in. They hold for all nodes together: each tells the others what
//! it let through, a moment later, and attempts to sign in are counted in one place, where it is there.

mod buckets;

use crate::{
    Chat, Error, Result,
    nodes::{Count, Counted},
};
use buckets::Buckets;
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

pub(crate) struct Limiters {
    messages: Option<Buckets>,
    registrations: Option<DefaultKeyedRateLimiter<IpAddr>>,
    registrations_per_hour: usize,
    wrong_passwords: WrongPasswords,
}

impl Limiters {
    pub fn new(limits: &RateLimits, is_shared: bool) -> Self {
        let (burst, per_second) = (limits.messages_burst, limits.messages_per_second);
        let registrations = Quota::per_hour(limits.registrations_per_hour);
        Self {
            messages: limits
                .volume
                .then(|| Buckets::new(burst, per_second, is_shared)),
            registrations: limits.volume.then(|| RateLimiter::keyed(registrations)),
            registrations_per_hour: limits.registrations_per_hour.get() as usize,
            wrong_passwords: WrongPasswords {
                most: limits.wrong_passwords,
                window: limits.wrong_passwords_window,
                times: Mutex::default(),
            },
        }
    }

    pub fn message(&self, user_id: UserId) -> Result<()> {
        match &self.messages {
            Some(messages) => messages.take(user_id, Instant::now()),
            None => Ok(()),
        }
    }

    /// What other nodes have let through.
    pub fn charge(&self, spent: &[(UserId, u32)]) {
        if let Some(messages) = &self.messages {
            messages.charge(spent, Instant::now());
        }
    }

    /// What this node has let through since this was asked last.
    pub fn take_spent(&self) -> Vec<(UserId, u32)> {
        self.messages
            .as_ref()
            .map_or_else(Vec::new, Buckets::take_spent)
    }

    fn registration(&self, address: Option<IpAddr>) -> Result<()> {
        address.map_or(Ok(()), |address| {
            check(self.registrations.as_ref(), &address)
        })
    }
}

impl Chat {
    pub(crate) async fn count_registration(&self, address: Option<IpAddr>) -> Result<()> {
        let limits = &self.0.limits;
        limits.registration(address)?;
        let Some(address) = address.filter(|_| limits.registrations.is_some()) else {
            return Ok(());
        };
        let count = Count {
            what: "registrations",
            whose: &address.to_string(),
            most: limits.registrations_per_hour,
            window: Duration::from_hours(1),
        };
        self.count_everywhere(count).await.map(drop)
    }

    /// To be asked before a password is checked, and forgiven when it was right.
    pub(crate) async fn count_password(
        &self,
        login: &str,
        address: Option<IpAddr>,
    ) -> Result<Attempt> {
        let passwords = &self.0.limits.wrong_passwords;
        let key = (login.to_owned(), address);
        passwords.attempt(&key)?;
        let count = Count {
            what: "passwords",
            whose: &format!("{key:?}"),
            most: passwords.most,
            window: passwords.window,
        };
        let counted = self.count_everywhere(count).await?;
        Ok(Attempt { key, counted })
    }

    /// The password was right.
    pub(crate) async fn forgive(&self, attempt: Attempt) {
        self.0.limits.wrong_passwords.forgive(&attempt.key);
        if let (Some(counted), Some(nodes)) = (attempt.counted, self.0.events.nodes()) {
            nodes.uncount(counted).await;
        }
    }

    async fn count_everywhere(&self, count: Count<'_>) -> Result<Option<Counted>> {
        let Some(nodes) = self.0.events.nodes() else {
            return Ok(None);
        };
        let counted = nodes.count(count).await;
        counted.map_err(|retry_after| Error::TooManyRequests { retry_after })
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

pub(crate) struct Attempt {
    key: Key,
    counted: Option<Counted>,
}

impl WrongPasswords {
    fn attempt(&self, key: &Key) -> Result<()> {
        let now = Instant::now();
        let mut times = self.times();
        if times.len() > 10_000 {
            times.retain(|_, of| of.back().is_some_and(|last| now - *last < self.window));
        }
        if let Some(of) = times.get_mut(key) {
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
        Ok(())
    }

    fn forgive(&self, key: &Key) {
        if let Some(of) = self.times().get_mut(key) {
            of.pop_back();
        }
    }

    fn times(&self) -> MutexGuard<'_, HashMap<Key, VecDeque<Instant>>> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
