//! `Refusals`: how long an answer that refuses is held back (a tarpit), so that whoever asks again as soon as
//! they are answered does not keep the server busy with refusing.
//!
//! A source is refused at once a few times in a row, and then only as fast as its bucket refills: an answer
//! beyond that is held until then. Nothing but refusals is held.

use super::token_buckets::TokenBuckets;
use crate::network::network;
use model::UserId;
use std::{
    net::IpAddr,
    num::NonZeroU32,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, time::sleep};

/// Refusals that a source gets at once. A client that is a little beyond a limit has no more.
const BURST: NonZeroU32 = NonZeroU32::new(20).expect("above zero");

/// Time until a source gets another refusal at once.
const REFILL: Duration = Duration::from_secs(2);

/// The longest that an answer is held: shorter than clients wait for one.
const MAX_DELAY: Duration = Duration::from_secs(10);

/// Answers that are held at a time; those beyond are given at once.
const MAX_HELD: usize = 4096;

/// Who is refused. Each node counts for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    User(UserId),
    Network(IpAddr),
}

impl Refused {
    pub fn address(address: IpAddr) -> Self {
        Self::Network(network(address))
    }
}

pub struct Refusals {
    buckets: TokenBuckets<Refused>,
    held: Semaphore,
}

impl Refusals {
    pub fn new() -> Self {
        Self {
            buckets: TokenBuckets::with_refill("refusals", BURST, REFILL),
            held: Semaphore::new(MAX_HELD),
        }
    }

    /// Counts a refusal, and waits until it may be answered.
    pub async fn hold(&self, refused: Refused) {
        let delay = self.delay(refused, Instant::now());
        if delay.is_zero() {
            return;
        }
        // Nobody closes the semaphore: it fails where too many are held.
        if let Ok(_permit) = self.held.try_acquire() {
            sleep(delay).await;
        }
    }

    fn delay(&self, refused: Refused, now: Instant) -> Duration {
        self.buckets.charge(&[(refused, 1)], now);
        self.buckets.debt(refused, now).min(MAX_DELAY)
    }
}

#[cfg(test)]
mod tests {
    use super::{BURST, MAX_DELAY, MAX_HELD, REFILL, Refusals, Refused};
    use futures_util::FutureExt;
    use model::UserId;
    use std::time::{Duration, Instant};

    const ADA: Refused = Refused::User(UserId(1));

    #[test]
    fn refusals_are_held_longer_and_longer_until_there_are_none_for_a_while() {
        let (refusals, now) = (Refusals::new(), Instant::now());
        for _ in 0..BURST.get() {
            assert_eq!(refusals.delay(ADA, now), Duration::ZERO);
        }
        assert_eq!(refusals.delay(ADA, now), REFILL);
        assert_eq!(refusals.delay(ADA, now), REFILL * 2);
        assert_eq!(
            refusals.delay(Refused::User(UserId(2)), now),
            Duration::ZERO
        );
        for _ in 0..10 * BURST.get() {
            refusals.delay(ADA, now);
        }
        assert_eq!(refusals.delay(ADA, now), MAX_DELAY);
        let later = now + REFILL * 2 * BURST.get();
        assert_eq!(refusals.delay(ADA, later), Duration::ZERO);
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let [one, other] = ["2001:db8::1", "2001:db8::2"].map(|it| it.parse().unwrap());
        assert_eq!(Refused::address(one), Refused::address(other));
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_held_and_no_more() {
        let refusals = Refusals::new();
        for _ in 0..BURST.get() {
            refusals.hold(ADA).now_or_never().expect("answered at once");
        }
        let mut held: Vec<_> = (0..MAX_HELD)
            .map(|_| Box::pin(refusals.hold(ADA)))
            .collect();
        assert!(held.iter_mut().all(|it| it.now_or_never().is_none()));
        refusals
            .hold(ADA)
            .now_or_never()
            .expect("one too many to be held");
        // The delay is counted by the runtime's clock, which runs ahead while everybody sleeps.
        for held in held {
            held.await;
        }
        assert_eq!(refusals.held.available_permits(), MAX_HELD);
    }
}
