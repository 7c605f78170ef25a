//! How many requests one address may make.

use crate::{Config, config::Switch, problem::ApiError};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chat::{Client, Error};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};
use std::{
    net::IpAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Every so many requests, addresses that have been quiet are forgotten.
const FORGET_EVERY: u32 = 10_000;

pub struct Limit {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    count: AtomicU32,
}

impl Limit {
    /// None where the configuration lifts it.
    pub fn new(config: &Config) -> Option<Self> {
        let quota = Quota::per_second(config.rate_limit_requests_per_second)
            .allow_burst(config.rate_limit_requests_burst);
        (config.rate_limit == Switch::On).then(|| Self {
            limiter: RateLimiter::keyed(quota),
            count: 0.into(),
        })
    }

    fn check(&self, address: IpAddr) -> Result<(), Error> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        if count % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&network(address)).map_err(|early| {
            let wait = early.wait_time_from(self.limiter.clock().now());
            Error::TooManyRequests {
                retry_after: wait + Duration::from_secs(1),
            }
        })
    }
}

/// Of IPv6 everybody has a whole network.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

pub async fn limit_requests(
    State(state): State<crate::State>,
    client: Client,
    request: Request,
    next: Next,
) -> Response {
    let checked = match (&state.limit, client.address) {
        (Some(limit), Some(address)) => limit.check(address),
        _ => Ok(()),
    };
    match checked {
        Ok(()) => next.run(request).await,
        Err(error) => ApiError::from(error).into_response(),
    }
}
