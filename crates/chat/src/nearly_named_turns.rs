//! Turns of those who look for names with typing errors. Many names are compared for each.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Those who look at a time.
const MAX_TURNS: usize = 2;

pub struct NearlyNamedTurns(Semaphore);

impl NearlyNamedTurns {
    /// `None` while all turns are taken. Nobody waits: whoever comes then finds what has the name.
    pub fn take(&self) -> Option<SemaphorePermit<'_>> {
        self.0.try_acquire().ok()
    }
}

impl Default for NearlyNamedTurns {
    fn default() -> Self {
        Self(Semaphore::new(MAX_TURNS))
    }
}
