//! `Turns`: how many at once do what costs memory or a connection, in all and of one user, so that a few who are slow do
//! not keep everybody else waiting.

use model::UserId;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

pub struct Turns {
    all: Arc<Semaphore>,
    max_of_user: usize,
    users: Arc<Mutex<HashMap<UserId, Arc<Semaphore>>>>,
    /// Those that wait while all turns are taken, and not for a turn of their own user.
    waiting: AtomicUsize,
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
            waiting: AtomicUsize::new(0),
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
            && let waiting = Waiting::new(&self.waiting)
            && let Ok(all) = Arc::clone(&self.all).acquire_owned().await
        {
            drop(waiting);
            turn.permits = Some((own, all));
        }
        turn
    }

    /// Waits for a turn; `None` if it does not come within this time.
    pub async fn wait_at_most(&self, user_id: UserId, time: Duration) -> Option<Turn> {
        timeout(time, self.wait(user_id)).await.ok()
    }

    /// Whether somebody waits because all turns are taken.
    pub fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }
}

/// Counts one that waits, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
    use std::time::Duration;

    #[tokio::test]
    async fn a_user_with_many_keeps_nobody_else_waiting() {
        let turns = Turns::new(20, 16);
        let mut held = Vec::new();
        for _ in 0..16 {
            held.push(turns.wait(UserId(1)).await);
        }
        let mut next = Box::pin(turns.wait(UserId(1)));
        assert!(next.as_mut().now_or_never().is_none());
        // It waits for one of its own user.
        assert!(!turns.is_awaited());
        drop(turns.wait(UserId(2)).await);
        held.pop();
        drop(next.await);
        drop(held);
        assert!(super::lock(&turns.users).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let turns = Turns::new(1, 1);
        let held = turns.wait(UserId(1)).await;
        let time = Duration::from_secs(10);
        let mut next = Box::pin(turns.wait_at_most(UserId(2), time));
        assert!(next.as_mut().now_or_never().is_none());
        assert!(turns.is_awaited());
        assert!(next.await.is_none());
        assert!(!turns.is_awaited());
        drop(held);
        assert!(turns.wait_at_most(UserId(2), time).await.is_some());
    }
}
