//! `ReceiveBudget`: memory for what clients are sending and have not finished.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;

/// Bytes of one unfinished body or message that count for nothing: most end within them.
pub const FREE_BYTES: usize = 16 * 1024;

/// KiB beyond these that all clients together may have unfinished. Who wants more waits until others
/// have finished, or have been given up on.
const MAX_KIB: usize = 8 * 1024;

const KIB: usize = 1024;

/// Clones share the budget.
#[derive(Clone, Debug)]
pub struct ReceiveBudget(Arc<Semaphore>);

impl Default for ReceiveBudget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_KIB)))
    }
}

/// What one body or message takes of the budget.
pub struct Share {
    budget: PollSemaphore,
    held: Option<OwnedSemaphorePermit>,
}

impl ReceiveBudget {
    pub fn share(&self) -> Share {
        Share {
            budget: PollSemaphore::new(Arc::clone(&self.0)),
            held: None,
        }
    }
}

impl Share {
    /// Waits until `bytes` may be in memory. What was taken stays taken until `release`.
    pub fn poll_take(&mut self, bytes: usize, cx: &mut Context<'_>) -> Poll<()> {
        let needed = bytes.saturating_sub(FREE_BYTES).div_ceil(KIB).min(MAX_KIB);
        let held = self
            .held
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(missing) = needed.checked_sub(held).filter(|missing| *missing > 0) else {
            return Poll::Ready(());
        };
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        if let Some(permit) = ready!(self.budget.poll_acquire_many(cx, missing)) {
            match &mut self.held {
                Some(held) => held.merge(permit),
                None => self.held = Some(permit),
            }
        }
        Poll::Ready(())
    }

    pub fn release(&mut self) {
        self.held = None;
    }
}

#[cfg(test)]
mod tests {
    use super::{FREE_BYTES, KIB, MAX_KIB, ReceiveBudget};
    use std::{future::poll_fn, time::Duration};

    #[tokio::test]
    async fn what_is_too_much_waits_for_others() {
        let budget = ReceiveBudget::default();
        let (mut one, mut other) = (budget.share(), budget.share());
        poll_fn(|cx| one.poll_take(FREE_BYTES + MAX_KIB * KIB - KIB, cx)).await;
        poll_fn(|cx| other.poll_take(FREE_BYTES + KIB, cx)).await;
        let more = poll_fn(|cx| other.poll_take(FREE_BYTES + 2 * KIB, cx));
        assert!(
            tokio::time::timeout(Duration::from_millis(20), more)
                .await
                .is_err()
        );
        poll_fn(|cx| budget.share().poll_take(FREE_BYTES, cx)).await;
        one.release();
        poll_fn(|cx| other.poll_take(FREE_BYTES + 2 * KIB, cx)).await;
    }
}
