//! `ChangedLists`: lists of users that a change has made old, such as the list of their rooms. They are
//! rendered beside the dispatcher (`list_workers.rs`), each at most once for all changes that come meanwhile.
//!
//! So a list may count a message that the dispatcher emits after it, which a client then counts twice, or be
//! older than what was emitted before it. Where anything is emitted to the user between the beginning of the
//! rendering and `SETTLE_TIME` after it, the lists are rendered once more when nothing is emitted any more.

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

/// What was committed before a list was read has been emitted this long after it.
const SETTLE_TIME: Duration = Duration::from_secs(1);

/// Lists are rendered once more when nothing was emitted to the user for this long, or after `MAX_UNSETTLED`.
const QUIET_TIME: Duration = Duration::from_millis(500);
const MAX_UNSETTLED: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct ChangedLists {
    state: Mutex<State>,
    /// The earliest time at which something is due has changed.
    changed: Notify,
}

#[derive(Default)]
struct State {
    users: HashMap<UserId, UserLists>,
    /// When the lists of each user may be rendered next, but for those that are being rendered.
    due: BTreeSet<(Instant, UserId)>,
}

/// The lists of a user that are owed, are being rendered, or may not be what the user's sockets show.
#[derive(Default)]
struct UserLists {
    owed: Owed,
    /// Events that were emitted to sockets of the user, as far as they matter to the lists.
    emitted: u64,
    emitted_at: Option<Instant>,
    /// `emitted` when the rendering began that is running or was the last.
    emitted_before: u64,
    /// The lists that were emitted, until it is known that they are right.
    unsettled: Option<Unsettled>,
}

struct Unsettled {
    lists: Vec<&'static str>,
    /// `emitted` when the oldest of them began to be rendered.
    emitted_before: u64,
    at: Instant,
}

impl UserLists {
    /// When the lists have to be looked at again: `Ok(None)` for never, `Err` when they are to be rendered now.
    fn settle(&mut self, now: Instant) -> Result<Option<Instant>, Owed> {
        let Some(unsettled) = &self.unsettled else {
            return Ok(None);
        };
        if now < unsettled.at + SETTLE_TIME {
            return Ok(Some(unsettled.at + SETTLE_TIME));
        }
        if self.emitted == unsettled.emitted_before {
            return Ok(None);
        }
        let quiet_at = self.emitted_at.map_or(now, |at| at + QUIET_TIME);
        let at = quiet_at.min(unsettled.at + MAX_UNSETTLED);
        if now < at {
            return Ok(Some(at));
        }
        let lists = self.unsettled.take().map(|it| it.lists);
        Err(Owed {
            lists: lists.unwrap_or_default(),
            only: None,
        })
    }
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
                known.owed.add(owed);
            } else {
                let lists = UserLists {
                    owed,
                    ..UserLists::default()
                };
                state.users.insert(user_id, lists);
                state.due.insert((now, user_id));
            }
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Notes that something that lists show was emitted to sockets of these users.
    pub fn note_emitted(&self, users: &[UserId]) {
        let mut state = self.lock();
        if state.users.is_empty() {
            return;
        }
        let now = Instant::now();
        for user_id in users {
            if let Some(lists) = state.users.get_mut(user_id) {
                lists.emitted += 1;
                lists.emitted_at = Some(now);
            }
        }
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
            let Some(lists) = state.users.get_mut(&user_id) else {
                continue;
            };
            let owed = if lists.owed.lists.is_empty() {
                match lists.settle(now) {
                    Ok(Some(at)) => {
                        state.due.insert((at, user_id));
                        continue;
                    }
                    // Nothing has changed since the last rendering.
                    Ok(None) => {
                        state.users.remove(&user_id);
                        continue;
                    }
                    Err(owed) => owed,
                }
            } else {
                std::mem::take(&mut lists.owed)
            };
            lists.emitted_before = lists.emitted;
            return Ok((user_id, owed));
        }
        Err(None)
    }

    /// These lists of the user have been rendered, and this is left. The next rendering is after the interval.
    pub fn finish(
        &self,
        user_id: UserId,
        rendered: &[&'static str],
        left: Owed,
        interval: Duration,
    ) {
        let mut state = self.lock();
        let now = Instant::now();
        let lists = state.users.entry(user_id).or_default();
        let later = std::mem::replace(&mut lists.owed, left);
        lists.owed.add(later);
        let mut unsettled = Unsettled {
            lists: rendered.to_vec(),
            emitted_before: lists.emitted_before,
            at: now,
        };
        if let Some(before) = lists.unsettled.take() {
            for list in before.lists {
                if !unsettled.lists.contains(&list) {
                    unsettled.lists.push(list);
                    unsettled.emitted_before = unsettled.emitted_before.min(before.emitted_before);
                }
            }
        }
        lists.unsettled = Some(unsettled);
        state.due.insert((now + interval, user_id));
        drop(state);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
