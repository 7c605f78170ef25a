//! `Turns`: how many at once do what costs memory or a connection, in all and of one user, so that a few who are slow do
//! not keep everybody else waiting.

use model::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub struct Turns {
    all: Arc<Semaphore>,
    max_of_user: usize,
    users: Arc<Mutex<HashMap<UserId, Arc<Semaphore>>>>,
}

/// The turn of a user; dropping it ends the turn.
pub struct Turn {
    permits: Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
    user_id: UserId,
    users: Arc<Mutex<HashMap<UserId, Arc<Semaphore>>>>,
}

impl Turns {
    pub fn new(max: usize, max_of_user: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(max)),
            max_of_user,
            users: Arc::default(),
        }
    }

    /// Waits for a turn, first in, first out.
    pub async fn wait(&self, user_id: UserId) -> Turn {
        let new = || Arc::new(Semaphore::new(self.max_of_user));
        let own = Arc::clone(lock(&self.users).entry(user_id).or_insert_with(new));
        let mut turn = Turn {
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

impl Drop for Turn {
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
    use super::Turns;
    use futures_util::FutureExt;
    use model::UserId;

    #[tokio::test]
    async fn a_user_with_many_keeps_nobody_else_waiting() {
        let turns = Turns::new(20, 16);
        let mut held = Vec::new();
        for _ in 0..16 {
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
