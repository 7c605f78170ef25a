//! `ChangedLists`: lists of users that a change has made old, such as the list of their rooms. They are
//! rendered beside the dispatcher, each at most once for all changes that come meanwhile.

use super::{contract::Contract, outgoing::EncodedEvent, state::Gateway, subscriber::SubscriberId};
use chat::Caller;
use model::UserId;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// Users whose lists are rendered at a time, each with one query per list.
const MAX_CONCURRENT_RENDERINGS: usize = 2;

/// The shortest time between two renderings for one user.
const MIN_INTERVAL: Duration = Duration::from_millis(200);

/// The longest one. Between the two, rendering a user's lists takes a twentieth of the time.
const MAX_INTERVAL: Duration = Duration::from_secs(5);
const INTERVAL_FACTOR: u32 = 20;

/// Bytes that wait for a socket beyond which it gets its lists later, as they are then.
const MAX_BACKLOG: usize = 64 * 1024;

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
struct Owed {
    lists: BTreeSet<&'static str>,
    /// The sockets that have not been told; none if all of the user's have not.
    only: Option<HashSet<SubscriberId>>,
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
        self.lists.extend(other.lists);
    }
}

impl ChangedLists {
    /// Notes that these lists of the users have changed.
    pub fn add(&self, users: impl IntoIterator<Item = UserId>, lists: ListNames) {
        let mut state = self.lock();
        let now = Instant::now();
        for user_id in users {
            let owed = Owed {
                lists: lists.iter().copied().collect(),
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
    async fn next(&self) -> (UserId, Owed) {
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
    fn finish(&self, user_id: UserId, left: Owed, interval: Duration) {
        let mut state = self.lock();
        state.users.entry(user_id).or_default().add(left);
        state.due.insert((Instant::now() + interval, user_id));
        drop(state);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts tasks that render what is due; they stop when the set is dropped.
pub fn spawn_workers<C: Contract>(gateway: &Arc<Gateway<C>>) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    for _ in 0..MAX_CONCURRENT_RENDERINGS {
        let gateway = Arc::clone(gateway);
        workers.spawn(async move { gateway.run_list_worker().await });
    }
    workers
}

impl<C: Contract> Gateway<C> {
    async fn run_list_worker(&self) {
        let lists = &self.changed_lists;
        loop {
            let (user_id, owed) = lists.next().await;
            let started = Instant::now();
            let left = self.emit_lists(user_id, owed).await;
            let interval = started.elapsed() * INTERVAL_FACTOR;
            lists.finish(user_id, left, interval.clamp(MIN_INTERVAL, MAX_INTERVAL));
        }
    }

    /// Emits the lists to the sockets that are owed them, and that have read what they got before.
    /// Returns what is left.
    async fn emit_lists(&self, user_id: UserId, owed: Owed) -> Owed {
        // A socket that connects from here on reads the lists by itself, and newer ones.
        let mut sockets = self.hub.of_user(user_id);
        if let Some(only) = &owed.only {
            sockets.retain(|it| only.contains(&it.id));
        }
        let (late, ready): (Vec<_>, Vec<_>) = sockets
            .into_iter()
            .partition(|it| it.backlog() > MAX_BACKLOG);
        let mut late: HashSet<_> = late.iter().map(|it| it.id).collect();
        if let Some(first) = ready.first() {
            match self
                .rendered_lists(&first.current_caller(), &owed.lists)
                .await
            {
                Ok(events) => late.extend(self.hub.emit_lists(&ready, &events)),
                Err(error) => {
                    tracing::error!(?error, door = C::DOOR, "a list could not be rendered");
                    if error.may_pass() {
                        late.extend(ready.iter().map(|it| it.id));
                    }
                }
            }
        }
        if late.is_empty() {
            return Owed::default();
        }
        Owed {
            lists: owed.lists,
            only: Some(late),
        }
    }

    async fn rendered_lists(
        &self,
        caller: &Caller,
        names: &BTreeSet<&'static str>,
    ) -> chat::Result<Vec<Arc<EncodedEvent>>> {
        let mut events = Vec::new();
        for name in names {
            let event = C::render_list(&self.chat, caller, name).await?;
            event.resolve(&self.chat, C::USER_IDS).await?;
            events.push(Arc::new(event));
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests;
