//! State of the writer: the queue, the workers, and what they share.

use super::queue::Queue;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// Batches that may wait at the same time for a conversation that another node has locked. Each
/// holds a connection of the pool.
const MAX_LOCK_WAITERS: usize = 4;

pub struct Writer {
    state: Mutex<WriterState>,
    /// Permits of `MAX_LOCK_WAITERS`.
    pub lock_waiters: Semaphore,
}

#[derive(Default)]
pub struct WriterState {
    pub queue: Queue,
    /// Worker tasks that run, busy or idle.
    pub workers: usize,
    /// Workers that were woken and have not taken a batch yet. While there is one, no other is
    /// woken.
    pub wakeups: usize,
    /// Wakes idle workers. The one that worked last is at the end.
    pub idle_workers: Vec<oneshot::Sender<()>>,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            lock_waiters: Semaphore::new(MAX_LOCK_WAITERS),
        }
    }
}

impl Writer {
    pub fn state(&self) -> MutexGuard<'_, WriterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
