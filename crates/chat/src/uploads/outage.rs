//! `Outage`: whether the store of files answers. While it does not, requests fail at once, but for one now and then: none
//! of them would wait for its time-out in turn, with what it holds meanwhile.

use super::store_error::StoreError;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// From a request without an answer to the next one that is made.
pub const RETRY_INTERVAL: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub struct Outage(Mutex<Option<Instant>>);

impl Outage {
    /// # Errors
    /// The last request has had no answer, less than two seconds ago.
    pub fn refuse_while_away(&self) -> Result<(), StoreError> {
        let mut retry_at = self.lock();
        match *retry_at {
            Some(at) if Instant::now() < at => Err(StoreError::away()),
            Some(_) => {
                // This one asks, and the others wait for what comes of it.
                *retry_at = Some(Instant::now() + RETRY_INTERVAL);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Notes what came of a request. `place` is the store's, for the log.
    pub fn note(&self, place: &str, failed: Option<&StoreError>) {
        let mut retry_at = self.lock();
        match failed.filter(|it| it.is_outage()) {
            Some(error) => {
                if retry_at.replace(Instant::now() + RETRY_INTERVAL).is_none() {
                    tracing::warn!("files cannot be stored or read: {place} {error}");
                }
            }
            None => {
                if retry_at.take().is_some() {
                    tracing::info!("{place} answers again");
                }
            }
        }
    }

    pub fn is_away(&self) -> bool {
        self.lock().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Outage, RETRY_INTERVAL};
    use crate::uploads::store_error::StoreError;

    #[tokio::test(start_paused = true)]
    async fn one_request_asks_whether_the_store_is_back() {
        let outage = Outage::default();
        let away = StoreError::timed_out();
        outage.note("the bucket", Some(&away));
        assert!(outage.refuse_while_away().is_err());
        tokio::time::advance(RETRY_INTERVAL).await;
        assert!(outage.refuse_while_away().is_ok());
        assert!(outage.refuse_while_away().is_err(), "another one waits");
        assert!(outage.is_away());
        outage.note("the bucket", None);
        assert!(!outage.is_away());
        assert!(outage.refuse_while_away().is_ok());
    }
}
