//! How long to wait before another try: longer each time, and never all clients at once.

use super::browser;

const FIRST: f64 = 500.0;
const LONGEST: f64 = 30_000.0;

/// Milliseconds before the next try after so many failures, with a chance of 0 to 1 to spread it
/// between half of that and all of it.
pub fn delay(failures: u32, chance: f64) -> u32 {
    let full = (FIRST * f64::from(1_u32 << failures.min(16))).min(LONGEST);
    // Positive and below LONGEST.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let delay = (full * (0.5 + chance / 2.0)) as u32;
    delay
}

/// Waits that long after so many seconds: who is told the same does not come back together.
pub async fn pause(failures: u32, seconds: u32) {
    let delay = delay(failures, browser::random());
    browser::sleep(delay.saturating_add(seconds.saturating_mul(1000))).await;
}

/// Whether sending pauses after failures, until each of them has been waited for.
#[derive(Default)]
pub struct Pause {
    failures: u32,
    waiting: u32,
    /// Tells those who wait now from those who waited before a new beginning.
    round: u32,
}

/// Someone's share in a pause.
pub struct Wait {
    pub failures: u32,
    round: u32,
}

impl Pause {
    pub fn is_on(&self) -> bool {
        self.waiting > 0
    }

    /// What fails together counts as one failure.
    pub fn begin(&mut self) -> Wait {
        if !self.is_on() {
            self.failures += 1;
        }
        self.waiting += 1;
        Wait {
            failures: self.failures,
            round: self.round,
        }
    }

    // By value: nobody waits twice.
    #[expect(clippy::needless_pass_by_value)]
    pub fn end(&mut self, wait: Wait) {
        if wait.round == self.round {
            self.waiting = self.waiting.saturating_sub(1);
        }
    }

    /// The failures are over; who waits goes on waiting.
    pub fn succeed(&mut self) {
        self.failures = 0;
    }

    /// Whatever failed before counts no more.
    pub fn start_over(&mut self) {
        (self.failures, self.waiting) = (0, 0);
        self.round += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{Pause, delay};

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
    fn a_pause_ends_when_everybody_has_waited() {
        let mut pause = Pause::default();
        let (one, other) = (pause.begin(), pause.begin());
        assert_eq!((one.failures, other.failures), (1, 1));
        pause.end(other);
        assert!(pause.is_on());
        pause.end(one);
        assert!(!pause.is_on());
        assert_eq!(pause.begin().failures, 2);
        pause.succeed();
        assert!(pause.is_on());
    }

    #[test]
    fn a_new_beginning_does_not_wait_for_what_was_before() {
        let mut pause = Pause::default();
        let before = pause.begin();
        pause.start_over();
        assert!(!pause.is_on());
        let now = pause.begin();
        assert_eq!(now.failures, 1);
        pause.end(before);
        assert!(pause.is_on());
        pause.end(now);
        assert!(!pause.is_on());
    }
}
