//! The rate limit of HTTP requests from one address.

use crate::{Config, config::Switch};
use chat::Error;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};
use std::{
    net::IpAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// After so many requests, addresses whose bucket is full again are dropped from the table.
const PRUNE_EVERY_REQUESTS: u32 = 10_000;

pub struct RequestLimiter {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    requests: AtomicU32,
}

impl RequestLimiter {
    /// None if the setting `RATE_LIMIT` is `off`.
    pub fn new(config: &Config) -> Option<Self> {
        let quota = Quota::per_second(config.rate_limit_requests_per_second)
            .allow_burst(config.rate_limit_requests_burst);
        (config.rate_limit == Switch::On).then(|| Self {
            limiter: RateLimiter::keyed(quota),
            requests: 0.into(),
        })
    }

    /// Takes one request from the address's bucket.
    pub fn check(&self, address: IpAddr) -> Result<(), Error> {
        let count = self.requests.fetch_add(1, Ordering::Relaxed);
        if count % PRUNE_EVERY_REQUESTS == PRUNE_EVERY_REQUESTS - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&network(address)).map_err(|until| {
            let wait = until.wait_time_from(self.limiter.clock().now());
            Error::TooManyRequests {
                retry_after: wait + Duration::from_secs(1),
            }
        })
    }
}

/// The key of an address. One client may use a whole /64 of IPv6, so that counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}
