//! The store of a page behind signals, one for each key: a change notifies those who read what it has
//! changed, and nobody else.

use crate::{
    erased_signal::ErasedSignal,
    store::{ChatStore, Key, Map},
};
use leptos::prelude::{ArcTrigger, Notify, Track};

/// Beyond this number, the signals of messages are dropped after the next change. They notify first:
/// whoever still reads a message subscribes anew.
const MAX_SIGNALS: usize = 4_096;

/// A handle; `Copy`.
#[derive(Clone, Copy)]
pub struct PageStore {
    store: ErasedSignal<ChatStore>,
    signals: ErasedSignal<Map<Key, ArcTrigger>>,
}

impl PageStore {
    pub fn new(mut store: ChatStore) -> Self {
        store.take_changes();
        Self {
            store: ErasedSignal::new(store),
            signals: ErasedSignal::new(Map::default()),
        }
    }

    /// Reads the store, and subscribes to the keys.
    pub fn with<U>(self, keys: &[Key], read: impl FnOnce(&ChatStore) -> U) -> U {
        self.track(keys);
        self.store.with_untracked(read)
    }

    pub fn with_untracked<U>(self, read: impl FnOnce(&ChatStore) -> U) -> U {
        self.store.with_untracked(read)
    }

    /// Subscribes without reading.
    pub fn track(self, keys: &[Key]) {
        for key in keys {
            let known = self.signals.with_untracked(|it| it.get(key).cloned());
            let signal = known.unwrap_or_else(|| {
                let signal = ArcTrigger::new();
                let kept = signal.clone();
                self.signals
                    .update_untracked(|signals| drop(signals.insert(*key, kept)));
                signal
            });
            signal.track();
        }
    }

    pub fn update(self, change: impl FnOnce(&mut ChatStore)) {
        self.try_update(change);
    }

    /// `None` if the store is disposed.
    pub fn try_update<U>(self, change: impl FnOnce(&mut ChatStore) -> U) -> Option<U> {
        let (mut change, mut result) = (Some(change), None);
        self.update_dyn(&mut |store| result = change.take().map(|change| change(store)));
        result
    }

    /// Compiled once, and not for every change.
    fn update_dyn(self, change: &mut dyn FnMut(&mut ChatStore)) {
        let changes = self.store.update_untracked(|store| {
            change(store);
            store.take_changes()
        });
        self.notify(changes.unwrap_or_default().keys());
    }

    /// Notifies those who have subscribed to one of the keys.
    pub fn notify(self, keys: &[Key]) {
        let mut due: Vec<ArcTrigger> = Vec::new();
        self.signals.update_untracked(|signals| {
            due.extend(keys.iter().filter_map(|key| signals.get(key).cloned()));
            if signals.len() > MAX_SIGNALS {
                let is_message = |key: &Key| matches!(key, Key::Message(_));
                let dropped = signals.iter().filter(|(key, _)| is_message(key));
                due.extend(dropped.map(|(_, signal)| signal.clone()));
                signals.retain(|key, _| !is_message(key));
            }
        });
        // Outside of the borrow: what is notified may subscribe.
        due.notify();
    }
}
