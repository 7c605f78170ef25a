//! Exponential backoff with jitter, and the backoff that the sends of an outbox share.

use super::browser;

const INITIAL_DELAY_MS: f64 = 500.0;
const MAX_DELAY_MS: f64 = 30_000.0;

/// Milliseconds to wait after this many failures: doubling from 500 ms to 30 s. `jitter`, 0 to 1,
/// spreads clients over the upper half of the delay.
pub fn delay(failures: u32, jitter: f64) -> u32 {
    let full = (INITIAL_DELAY_MS * f64::from(1_u32 << failures.min(16))).min(MAX_DELAY_MS);
    // Positive and at most MAX_DELAY_MS.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let delay = (full * (0.5 + jitter / 2.0)) as u32;
    delay
}

/// Sleeps for `retry_after` seconds and the delay of this many failures on top: clients that were
/// given the same `Retry-After` do not return at the same moment.
pub async fn sleep(failures: u32, retry_after: u32) {
    let delay = delay(failures, browser::random());
    browser::sleep(delay.saturating_add(retry_after.saturating_mul(1000))).await;
}

/// One backoff for requests that run at the same time: failures of one round count once, and the
/// backoff lasts until every failed request has waited.
#[derive(Default)]
pub struct SharedBackoff {
    failures: u32,
    waiting: u32,
    /// Incremented by `reset`: waits that began before a reset no longer count.
    epoch: u32,
}

/// The wait of one failed request.
pub struct BackoffWait {
    pub failures: u32,
    epoch: u32,
}

impl SharedBackoff {
    pub fn is_active(&self) -> bool {
        self.waiting > 0
    }

    /// Begins the wait of a request that failed.
    pub fn record_failure(&mut self) -> BackoffWait {
        if !self.is_active() {
            self.failures += 1;
        }
        self.waiting += 1;
        BackoffWait {
            failures: self.failures,
            epoch: self.epoch,
        }
    }

    /// Ends a wait. Takes it by value: no wait ends twice.
    #[expect(clippy::needless_pass_by_value)]
    pub fn finish_wait(&mut self, wait: BackoffWait) {
        if wait.epoch == self.epoch {
            self.waiting = self.waiting.saturating_sub(1);
        }
    }

    /// Clears the count of failures; waits that have begun go on.
    pub fn record_success(&mut self) {
        self.failures = 0;
    }

    /// Clears the count of failures and ends all waits.
    pub fn reset(&mut self) {
        (self.failures, self.waiting) = (0, 0);
        self.epoch += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{SharedBackoff, delay};

    #[test]
    fn doubles_up_to_half_a_minute() {
        let full: Vec<_> = (0..9).map(|failures| delay(failures, 1.0)).collect();
        assert_eq!(
            full,
            [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]
        );
        assert_eq!(delay(u32::MAX, 1.0), 30_000);
    }

    #[test]
    fn spreads_over_the_upper_half() {
        assert_eq!(delay(2, 0.0), 1000);
        assert_eq!(delay(2, 0.5), 1500);
    }

    #[test]
    fn a_backoff_ends_when_every_failed_request_has_waited() {
        let mut backoff = SharedBackoff::default();
        let (one, other) = (backoff.record_failure(), backoff.record_failure());
        assert_eq!((one.failures, other.failures), (1, 1));
        backoff.finish_wait(other);
        assert!(backoff.is_active());
        backoff.finish_wait(one);
        assert!(!backoff.is_active());
        assert_eq!(backoff.record_failure().failures, 2);
        backoff.record_success();
        assert!(backoff.is_active());
    }

    #[test]
    fn a_reset_backoff_does_not_wait_for_earlier_failures() {
        let mut backoff = SharedBackoff::default();
        let before = backoff.record_failure();
        backoff.reset();
        assert!(!backoff.is_active());
        let now = backoff.record_failure();
        assert_eq!(now.failures, 1);
        backoff.finish_wait(before);
        assert!(backoff.is_active());
        backoff.finish_wait(now);
        assert!(!backoff.is_active());
    }
}
