//! `BulkTurns`: changes that write many rows take turns on this node, so that sends find a free processor
//! and a free connection. The database spends some 20 ms on a conversation of 500, and after each the line
//! rests, so that accounts that make one after the other leave most of a processor to everybody else.

use model::UserId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::OwnedMutexGuard,
    time::{Instant, sleep_until},
};

/// People who are added beyond which a change is a bulk change.
const BULK_FROM: usize = 50;

/// After a change the line rests so many times as long as the change took, but not longer than this: a change
/// may have waited for others in its conversation.
const RESTS: u32 = 3;
const MAX_REST: Duration = Duration::from_millis(250);

type Turn = Arc<tokio::sync::Mutex<()>>;

pub struct BulkTurns {
    /// An account has one bulk change in the line of all accounts; its others wait for that one.
    accounts: Arc<Mutex<HashMap<UserId, Turn>>>,
    /// One change at a time, not before this.
    line: Arc<tokio::sync::Mutex<Instant>>,
}

impl Default for BulkTurns {
    fn default() -> Self {
        Self {
            accounts: Arc::default(),
            line: Arc::new(tokio::sync::Mutex::new(Instant::now())),
        }
    }
}

/// The turn of a bulk change; dropping it ends the turn.
pub struct BulkTurn {
    line: Option<Place>,
    guard: Option<OwnedMutexGuard<()>>,
    user_id: UserId,
    accounts: Arc<Mutex<HashMap<UserId, Turn>>>,
}

/// The first place of the line.
struct Place {
    next_at: OwnedMutexGuard<Instant>,
    began_at: Instant,
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
            line: None,
            user_id,
            accounts: Arc::clone(&self.accounts),
        };
        let next_at = Arc::clone(&self.line).lock_owned().await;
        sleep_until(*next_at).await;
        turn.line = Some(Place {
            next_at,
            began_at: Instant::now(),
        });
        Some(turn)
    }
}

impl Drop for BulkTurn {
    fn drop(&mut self) {
        if let Some(mut place) = self.line.take() {
            let rest = (place.began_at.elapsed() * RESTS).min(MAX_REST);
            *place.next_at = Instant::now() + rest;
        }
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
    use super::{BULK_FROM, BulkTurns, MAX_REST, RESTS};
    use futures_util::FutureExt;
    use model::UserId;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

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

    #[tokio::test(start_paused = true)]
    async fn the_line_rests_after_a_change() {
        let (turns, many) = (BulkTurns::default(), BULK_FROM + 1);
        for (took, rest) in [
            (Duration::from_millis(20), Duration::from_millis(20) * RESTS),
            (Duration::from_secs(5), MAX_REST),
        ] {
            let turn = turns.wait(UserId(1), many).await;
            advance(took).await;
            drop(turn);
            let ended_at = Instant::now();
            let next = turns.wait(UserId(2), many).await;
            assert_eq!(ended_at.elapsed(), rest);
            drop(next);
        }
    }
}
