//! `BroadcastBudget`: bounds how many recipients presence broadcasts have per second.

use std::time::{Duration, Instant};

/// Emits to devices per second, on this node. When thousands of users connect at once, each
/// receives the presence of the others a little later, and messages are not held up.
const RECIPIENTS_PER_SECOND: f64 = 50_000.0;

/// A broadcast starts although the budget is overdrawn, by this much at most.
const BURST: Duration = Duration::from_millis(100);

/// Locked by the one task that broadcasts.
#[derive(Default)]
pub struct BroadcastBudget {
    /// When the recipients so far will have been within the rate.
    paid_up_at: Option<Instant>,
    /// Whether a task waits for that.
    pub is_awaited: bool,
}

impl BroadcastBudget {
    /// How long the next broadcast has to wait; `None` when it may start.
    pub fn wait(&self) -> Option<Duration> {
        let wait = self.paid_up_at?.saturating_duration_since(Instant::now());
        (wait > BURST).then_some(wait)
    }

    /// Charges a broadcast to so many devices.
    pub fn spend(&mut self, devices: usize) {
        #[expect(clippy::cast_precision_loss, reason = "a duration of milliseconds")]
        let cost = Duration::from_secs_f64(devices as f64 / RECIPIENTS_PER_SECOND);
        let now = Instant::now();
        let from = self.paid_up_at.map_or(now, |it| it.max(now));
        self.paid_up_at = Some(from + cost);
    }

    /// Stops broadcasts for this long.
    pub fn pause(&mut self, pause: Duration) {
        self.paid_up_at = Some(Instant::now() + pause);
    }
}
