//! `ReceivingTurns`: how many uploads a node receives at once. Each has one piece in memory.

use model::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Of all users. Others wait.
const MAX_RECEIVING: usize = 128;

/// Of one user, so that a few who send slowly do not keep everybody else waiting.
const MAX_RECEIVING_OF_USER: usize = 16;

pub struct ReceivingTurns {
    all: Arc<Semaphore>,
    users: Arc<Mutex<HashMap<UserId, Arc<Semaphore>>>>,
}

/// The turn of an upload; dropping it ends the turn.
pub struct ReceivingTurn {
    permits: Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
    user_id: UserId,
    users: Arc<Mutex<HashMap<UserId, Arc<Semaphore>>>>,
}

impl Default for ReceivingTurns {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(MAX_RECEIVING)),
            users: Arc::default(),
        }
    }
}

impl ReceivingTurns {
    /// Waits for a turn, first in, first out.
    pub async fn wait(&self, user_id: UserId) -> ReceivingTurn {
        let new = || Arc::new(Semaphore::new(MAX_RECEIVING_OF_USER));
        let own = Arc::clone(lock(&self.users).entry(user_id).or_insert_with(new));
        let mut turn = ReceivingTurn {
            permits: None,
            user_id,
            users: Arc::clone(&self.users),
        };
        // Neither is ever closed.
        if let Ok(own) = own.acquire_owned().await
            && let Ok(all) = Arc::clone(&self.all).acquire_owned().await
        {
            turn.permits = Some((own, all));
        }
        turn
    }
}

impl Drop for ReceivingTurn {
    fn drop(&mut self) {
        self.permits.take();
        let mut users = lock(&self.users);
        let is_idle = |it: &Arc<Semaphore>| Arc::strong_count(it) == 1;
        if users.get(&self.user_id).is_some_and(is_idle) {
            users.remove(&self.user_id);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{MAX_RECEIVING_OF_USER, ReceivingTurns};
    use futures_util::FutureExt;
    use model::UserId;

    #[tokio::test]
    async fn a_user_with_many_keeps_nobody_else_waiting() {
        let turns = ReceivingTurns::default();
        let mut held = Vec::new();
        for _ in 0..MAX_RECEIVING_OF_USER {
            held.push(turns.wait(UserId(1)).await);
        }
        let mut next = Box::pin(turns.wait(UserId(1)));
        assert!(next.as_mut().now_or_never().is_none());
        drop(turns.wait(UserId(2)).await);
        held.pop();
        drop(next.await);
        drop(held);
        assert!(super::lock(&turns.users).is_empty());
    }
}
