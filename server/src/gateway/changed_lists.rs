//! `ChangedLists`: lists of users that a change has made old, such as the list of their rooms. They are
//! rendered beside the dispatcher (`list_workers.rs`), each at most once for all changes that come meanwhile.

use super::subscriber::SubscriberId;
use model::UserId;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// The names of the events that carry lists.
pub type ListNames = &'static [&'static str];

#[derive(Default)]
pub struct ChangedLists {
    state: Mutex<State>,
    /// The earliest time at which something is due has changed.
    changed: Notify,
}

#[derive(Default)]
struct State {
    users: HashMap<UserId, Owed>,
    /// When the lists of each user may be rendered next, but for those that are being rendered.
    due: BTreeSet<(Instant, UserId)>,
}

/// What a user has not been told yet.
#[derive(Default)]
pub struct Owed {
    /// In the order in which the contract names them, each once.
    pub lists: Vec<&'static str>,
    /// The sockets that have not been told; none if all of the user's have not.
    pub only: Option<HashSet<SubscriberId>>,
}

impl Owed {
    fn add(&mut self, other: Self) {
        if other.lists.is_empty() {
            return;
        }
        let is_first = self.lists.is_empty();
        self.only = match (self.only.take(), other.only) {
            (_, only) if is_first => only,
            (Some(mut one), Some(other)) => {
                one.extend(other);
                Some(one)
            }
            _ => None,
        };
        for list in other.lists {
            if !self.lists.contains(&list) {
                self.lists.push(list);
            }
        }
    }
}

impl ChangedLists {
    /// Notes that these lists of the users have changed.
    pub fn add(&self, users: impl IntoIterator<Item = UserId>, lists: ListNames) {
        let mut state = self.lock();
        let now = Instant::now();
        for user_id in users {
            let owed = Owed {
                lists: lists.to_vec(),
                only: None,
            };
            if let Some(known) = state.users.get_mut(&user_id) {
                known.add(owed);
            } else {
                state.users.insert(user_id, owed);
                state.due.insert((now, user_id));
            }
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits for the next user whose lists are due.
    pub async fn next(&self) -> (UserId, Owed) {
        loop {
            let changed = self.changed.notified();
            let earliest = match self.take_due() {
                Ok(due) => return due,
                Err(earliest) => earliest,
            };
            let is_due = async {
                match earliest {
                    Some(earliest) => sleep_until(earliest).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = changed => {}
                () = is_due => {}
            }
        }
    }

    /// The next user whose lists are due, or when the next ones are.
    fn take_due(&self) -> Result<(UserId, Owed), Option<Instant>> {
        let mut state = self.lock();
        let now = Instant::now();
        while let Some((at, user_id)) = state.due.first().copied() {
            if at > now {
                return Err(Some(at));
            }
            state.due.pop_first();
            match state.users.get_mut(&user_id) {
                Some(owed) if !owed.lists.is_empty() => return Ok((user_id, std::mem::take(owed))),
                // Nothing has changed since the last rendering.
                _ => state.users.remove(&user_id),
            };
        }
        Err(None)
    }

    /// The user's lists have been rendered, and this is left. The next rendering is after the interval.
    pub fn finish(&self, user_id: UserId, mut left: Owed, interval: Duration) {
        let mut state = self.lock();
        left.add(state.users.remove(&user_id).unwrap_or_default());
        state.users.insert(user_id, left);
        state.due.insert((Instant::now() + interval, user_id));
        drop(state);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
