//! Rate limits of sends, registrations and wrong passwords, for all nodes together.
//!
//! Each node reports to the others, every 250 ms, how many messages it let through, and they charge
//! that to their own buckets. Registrations and wrong passwords are counted in Redis where it
//! answers, and by each node for itself in any case.

pub(crate) mod limiters;
pub(crate) mod limits;
mod token_buckets;
pub(crate) mod told;
mod wrong_passwords;

pub use limits::RateLimits;

use crate::{
    chat::Chat,
    cluster::{AttemptLimit, AttemptToken},
    error::{Error, Result},
};
use std::{net::IpAddr, time::Duration};
use wrong_passwords::Key;

/// A password attempt that counts as wrong until it is forgiven.
pub(crate) struct Attempt {
    key: Key,
    token: Option<AttemptToken>,
}

impl Chat {
    /// Counts a registration from an address.
    ///
    /// # Errors
    /// `TooManyRequests` when the limit is reached. An unknown address is not limited.
    pub(crate) async fn count_registration(&self, address: Option<IpAddr>) -> Result<()> {
        let limits = &self.0.limits;
        limits.registration(address)?;
        let Some(address) = address.filter(|_| limits.limits_registrations()) else {
            return Ok(());
        };
        let limit = AttemptLimit {
            name: "registrations",
            subject: &address.to_string(),
            max: limits.registrations_per_hour,
            window: Duration::from_hours(1),
        };
        self.record_attempt(limit).await.map(drop)
    }

    /// Counts a password attempt. To be called before the password is checked, so that attempts at
    /// the same time all count, and forgiven when it was right.
    ///
    /// # Errors
    /// `TooManyRequests` when the limit is reached.
    pub(crate) async fn count_password(
        &self,
        login: &str,
        address: Option<IpAddr>,
    ) -> Result<Attempt> {
        let passwords = &self.0.limits.wrong_passwords;
        let key = (login.to_owned(), address);
        passwords.record(&key).await?;
        let limit = AttemptLimit {
            name: "passwords",
            subject: &format!("{key:?}"),
            max: passwords.max,
            window: passwords.window,
        };
        let token = self.record_attempt(limit).await?;
        Ok(Attempt { key, token })
    }

    /// The password was right: the attempt does not count.
    pub(crate) async fn forgive(&self, attempt: Attempt) {
        self.0.limits.wrong_passwords.undo(attempt.key).await;
        if let (Some(token), Some(cluster)) = (attempt.token, self.0.bus.cluster()) {
            cluster.undo(token).await;
        }
    }

    /// Records an attempt for all nodes; `None` without a cluster, or when Redis does not answer.
    async fn record_attempt(&self, limit: AttemptLimit<'_>) -> Result<Option<AttemptToken>> {
        let Some(cluster) = self.0.bus.cluster() else {
            return Ok(None);
        };
        let recorded = cluster.record(limit).await;
        recorded.map_err(|retry_after| Error::TooManyRequests { retry_after })
    }
}
