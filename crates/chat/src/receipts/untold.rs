//! What is to be told: at once when nothing was told just before, else after a short pause, in which
//! whatever changes again is told once. A busy conversation would drown in receipts otherwise.

use crate::Chat;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::task::JoinHandle;

/// Between two tellings.
const PAUSE: Duration = Duration::from_millis(50);

/// Told at once: all wait for the one query.
const MOST_TOLD_AT_ONCE: usize = 200;

pub struct Untold<K, V>(Mutex<Waiting<K, V>>);

struct Waiting<K, V> {
    changes: BTreeMap<K, V>,
    are_told: bool,
}

impl<K, V> Default for Untold<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Waiting {
            changes: BTreeMap::new(),
            are_told: false,
        }))
    }
}

impl<K: Ord, V> Untold<K, V> {
    /// Whether somebody must begin to tell.
    fn add(&self, changes: impl IntoIterator<Item = (K, V)>, merge: fn(V, V) -> V) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, change) in changes {
            let change = match waiting.changes.remove(&key) {
                Some(earlier) => merge(earlier, change),
                None => change,
            };
            waiting.changes.insert(key, change);
        }
        !waiting.changes.is_empty() && !std::mem::replace(&mut waiting.are_told, true)
    }

    /// The next to be told; without any the telling ends.
    fn take(&self) -> Vec<(K, V)> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        while taken.len() < MOST_TOLD_AT_ONCE
            && let Some(first) = waiting.changes.pop_first()
        {
            taken.push(first);
        }
        waiting.are_told = !taken.is_empty();
        taken
    }
}

/// What is told in this way, and how.
pub trait Change: Sized + Send + 'static {
    type Key: Ord + Send + 'static;

    fn untold(chat: &Chat) -> &Untold<Self::Key, Self>;

    /// Two of one key as one.
    fn then(self, later: Self) -> Self;

    /// A failure is for the log.
    fn tell(chat: &Chat, changes: Vec<(Self::Key, Self)>) -> impl Future<Output = ()> + Send;
}

impl Chat {
    /// Answers with the telling of these, unless they have to wait.
    pub(super) fn tell_at_once<C: Change>(
        &self,
        changes: impl IntoIterator<Item = (C::Key, C)>,
    ) -> Option<JoinHandle<()>> {
        C::untold(self).add(changes, C::then).then(|| {
            let chat = self.clone();
            tokio::spawn(async move {
                let told = chat.tell_next::<C>().await;
                tokio::spawn(chat.tell_rest::<C>(told));
            })
        })
    }

    /// After a pause in any case: what is more urgent goes first.
    pub(super) fn tell_soon<C: Change>(&self, changes: impl IntoIterator<Item = (C::Key, C)>) {
        if C::untold(self).add(changes, C::then) {
            tokio::spawn(self.clone().tell_rest::<C>(1));
        }
    }

    /// What comes until there is nothing more, when so many have just been told.
    async fn tell_rest<C: Change>(self, mut told: usize) {
        while told > 0 {
            if told < MOST_TOLD_AT_ONCE {
                tokio::time::sleep(PAUSE).await;
            }
            told = self.tell_next::<C>().await;
        }
    }

    /// How many were told.
    async fn tell_next<C: Change>(&self) -> usize {
        let changes = C::untold(self).take();
        let count = changes.len();
        if count > 0 {
            let chat = self.clone();
            // A task of its own: should it panic, the others are told all the same.
            let telling = tokio::spawn(async move { C::tell(&chat, changes).await });
            let _ = telling.await;
        }
        count
    }
}
