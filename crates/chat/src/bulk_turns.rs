//! `BulkTurns`: changes that write many rows take turns on this node, so that sends find a free processor
//! and a free connection. The database spends some 20 ms on a conversation of 500.

use model::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// People who are added beyond which a change is a bulk change.
const BULK_FROM: usize = 50;

/// Bulk changes at a time.
const MAX_CONCURRENT: usize = 1;

type Turn = Arc<tokio::sync::Mutex<()>>;

pub struct BulkTurns {
    /// An account has one bulk change in the line of all accounts; its others wait for that one.
    accounts: Arc<Mutex<HashMap<UserId, Turn>>>,
    line: Arc<Semaphore>,
}

impl Default for BulkTurns {
    fn default() -> Self {
        Self {
            accounts: Arc::default(),
            line: Arc::new(Semaphore::new(MAX_CONCURRENT)),
        }
    }
}

/// The turn of a bulk change; dropping it ends the turn.
pub struct BulkTurn {
    permit: Option<OwnedSemaphorePermit>,
    guard: Option<OwnedMutexGuard<()>>,
    user_id: UserId,
    accounts: Arc<Mutex<HashMap<UserId, Turn>>>,
}

impl BulkTurns {
    /// Waits for the account's turn, first in, first out. `None` at once for a change that adds few people.
    pub async fn wait(&self, user_id: UserId, people: usize) -> Option<BulkTurn> {
        if people <= BULK_FROM {
            return None;
        }
        let turn = Arc::clone(lock(&self.accounts).entry(user_id).or_default());
        let mut turn = BulkTurn {
            guard: Some(turn.lock_owned().await),
            permit: None,
            user_id,
            accounts: Arc::clone(&self.accounts),
        };
        // The semaphore is never closed.
        turn.permit = Arc::clone(&self.line).acquire_owned().await.ok();
        Some(turn)
    }
}

impl Drop for BulkTurn {
    fn drop(&mut self) {
        self.permit.take();
        self.guard.take();
        let mut accounts = lock(&self.accounts);
        let is_idle = |it: &Turn| Arc::strong_count(it) == 1;
        if accounts.get(&self.user_id).is_some_and(is_idle) {
            accounts.remove(&self.user_id);
        }
    }
}

fn lock(accounts: &Mutex<HashMap<UserId, Turn>>) -> MutexGuard<'_, HashMap<UserId, Turn>> {
    accounts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{BULK_FROM, BulkTurns};
    use futures_util::FutureExt;
    use model::UserId;

    #[tokio::test]
    async fn bulk_changes_take_turns_and_an_account_is_in_the_line_once() {
        let (turns, many) = (BulkTurns::default(), BULK_FROM + 1);
        let first = turns.wait(UserId(1), many).await;
        assert!(first.is_some());
        assert!(turns.wait(UserId(1), BULK_FROM).await.is_none());
        let mut again = Box::pin(turns.wait(UserId(1), many));
        let mut more = Box::pin(turns.wait(UserId(1), many));
        let mut other = Box::pin(turns.wait(UserId(2), many));
        assert!(again.as_mut().now_or_never().is_none());
        assert!(more.as_mut().now_or_never().is_none());
        assert!(other.as_mut().now_or_never().is_none());
        drop(first);
        // The other account was behind nothing but the first change.
        let other = other.await;
        assert!(again.as_mut().now_or_never().is_none());
        drop(other);
        drop(again.await);
        drop(more.await);
        assert!(super::lock(&turns.accounts).is_empty());
    }
}
