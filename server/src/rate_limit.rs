//! The rate limits of networks: of requests over HTTP, and of new connections of Socket.IO.

use crate::{Config, config::Switch};
use chat::{Error, network};
use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter,
    clock::{Clock, QuantaClock, QuantaInstant},
};
use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// After so many checks, networks whose bucket is full again are dropped from the table.
const PRUNE_EVERY_CHECKS: u32 = 10_000;

/// All networks together may open so many times the connections of one: at once, and per second. Together
/// with the time-out of a connection that joins no namespace, it bounds those that are nobody's yet. Each
/// takes some 10 kB.
const ALL_NETWORKS_BURST: NonZeroU32 = NonZeroU32::new(1).expect("above zero");
const ALL_NETWORKS_RATE: NonZeroU32 = NonZeroU32::new(2).expect("above zero");

/// Handshakes of a network that are not counted for all together, and after how long it has another one,
/// so that the many of others do not keep out who comes for the first time.
const FIRST_HANDSHAKES: NonZeroU32 = NonZeroU32::new(2).expect("above zero");
const FIRST_HANDSHAKE_PERIOD: Duration = Duration::from_secs(10);

/// The connects to namespaces that a network may try for each of its connections.
const CONNECTS_PER_HANDSHAKE: NonZeroU32 = NonZeroU32::new(4).expect("above zero");

/// A token bucket for each network.
struct NetworkBuckets {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    checks: AtomicU32,
}

/// The files that a network may get for each of its requests to the API: a page of messages shows many pictures, which a
/// browser asks for each time.
const FILES_PER_REQUEST: NonZeroU32 = NonZeroU32::new(4).expect("above zero");

/// Refusals that a network gets at once, and per second after that; `late_refusals.rs` has what becomes of others. After
/// as many refused events, the next ones of a socket wait (`gateway/refusals.rs`).
const PROMPT_REFUSALS_BURST: NonZeroU32 = NonZeroU32::new(60).expect("above zero");
const PROMPT_REFUSALS_RATE: NonZeroU32 = NonZeroU32::new(1).expect("above zero");

/// The rate limits of requests.
pub struct RequestLimiter {
    requests: NetworkBuckets,
    files: NetworkBuckets,
    refusals: NetworkBuckets,
}

/// The rate limits of what anybody may do at a gateway.
pub struct HandshakeLimiter {
    handshakes: NetworkBuckets,
    first_handshakes: NetworkBuckets,
    handshakes_of_all: DefaultDirectRateLimiter,
    connects: NetworkBuckets,
}

impl RequestLimiter {
    /// None if the setting `RATE_LIMIT` is `off`.
    pub fn new(config: &Config) -> Option<Self> {
        let times = |factor| {
            let rate = config.rate_limit_requests_per_second;
            let burst = config.rate_limit_requests_burst;
            let quota = Quota::per_second(rate.saturating_mul(factor));
            NetworkBuckets::new(quota.allow_burst(burst.saturating_mul(factor)))
        };
        (config.rate_limit == Switch::On).then(|| Self {
            requests: times(NonZeroU32::MIN),
            files: times(FILES_PER_REQUEST),
            refusals: NetworkBuckets::new(prompt_refusals()),
        })
    }

    /// Takes one request from the bucket of the address's network.
    pub fn check(&self, address: IpAddr) -> Result<(), Error> {
        self.requests.check(address)
    }

    /// Takes one file from the bucket of the address's network.
    pub fn check_file(&self, address: IpAddr) -> Result<(), Error> {
        self.files.check(address)
    }

    /// Whether the address's network may be refused at once. Takes one refusal from its bucket.
    pub fn may_refuse_at_once(&self, address: IpAddr) -> bool {
        self.refusals.check(address).is_ok()
    }
}

impl HandshakeLimiter {
    /// None if the setting `RATE_LIMIT` is `off`.
    pub fn new(config: &Config) -> Option<Self> {
        let (burst, per_second) = (
            config.rate_limit_handshakes_burst,
            config.rate_limit_handshakes_per_second,
        );
        let times = |rate, at_once| {
            let quota = Quota::per_second(per_second.saturating_mul(rate));
            quota.allow_burst(burst.saturating_mul(at_once))
        };
        let (one, connects) = (NonZeroU32::MIN, CONNECTS_PER_HANDSHAKE);
        let first = Quota::with_period(FIRST_HANDSHAKE_PERIOD)?;
        (config.rate_limit == Switch::On).then(|| Self {
            handshakes: NetworkBuckets::new(times(one, one)),
            first_handshakes: NetworkBuckets::new(first.allow_burst(FIRST_HANDSHAKES)),
            handshakes_of_all: RateLimiter::direct(times(ALL_NETWORKS_RATE, ALL_NETWORKS_BURST)),
            connects: NetworkBuckets::new(times(connects, connects)),
        })
    }

    /// Counts a new connection of Engine.IO.
    pub fn check_handshake(&self, address: Option<IpAddr>) -> Result<(), Error> {
        if let Some(address) = address {
            self.handshakes.check(address)?;
            if self.first_handshakes.check(address).is_ok() {
                return Ok(());
            }
        }
        let all = self.handshakes_of_all.check();
        all.map_err(|until| too_many(&until, self.handshakes_of_all.clock()))
    }

    /// Counts a connect to a namespace, before its credentials are checked.
    pub fn check_connect(&self, address: Option<IpAddr>) -> Result<(), Error> {
        address.map_or(Ok(()), |address| self.connects.check(address))
    }
}

fn prompt_refusals() -> Quota {
    Quota::per_second(PROMPT_REFUSALS_RATE).allow_burst(PROMPT_REFUSALS_BURST)
}

/// The limit of the refused events of one socket.
pub fn refusal_limiter() -> DefaultDirectRateLimiter {
    RateLimiter::direct(prompt_refusals())
}

impl NetworkBuckets {
    fn new(quota: Quota) -> Self {
        Self {
            limiter: RateLimiter::keyed(quota),
            checks: 0.into(),
        }
    }

    fn check(&self, address: IpAddr) -> Result<(), Error> {
        let count = self.checks.fetch_add(1, Ordering::Relaxed);
        if count % PRUNE_EVERY_CHECKS == PRUNE_EVERY_CHECKS - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let checked = self.limiter.check_key(&network(address));
        checked.map_err(|until| too_many(&until, self.limiter.clock()))
    }
}

fn too_many(until: &NotUntil<QuantaInstant>, clock: &QuantaClock) -> Error {
    let wait = until.wait_time_from(clock.now());
    Error::TooManyRequests {
        of: "",
        retry_after: wait + Duration::from_secs(1),
    }
}

#[cfg(test)]
mod tests {
    use super::HandshakeLimiter;
    use crate::Config;
    use clap::Parser;
    use std::net::{IpAddr, Ipv4Addr};

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn a_newcomer_is_let_in_while_others_have_used_up_what_all_may() {
        let flags = ["parlance", "--rate-limit-handshakes-burst", "30"];
        let config = Flags::parse_from(flags).config;
        let limiter = HandshakeLimiter::new(&config).unwrap();
        let check =
            |last| limiter.check_handshake(Some(IpAddr::from(Ipv4Addr::new(192, 0, 2, last))));
        // A stranger's first two do not count for all, and 30 at once are all there are.
        for stranger in 1..=30 {
            let taken = (0..30).filter(|_| check(stranger).is_ok()).count();
            assert!(taken >= 2, "{stranger}: {taken}");
        }
        assert!((31..=40).all(|newcomer| check(newcomer).is_ok()));
        assert!(check(1).is_err());
        assert!(
            (0..30).any(|_| check(41).is_err()),
            "there is no limit of all"
        );
    }
}
