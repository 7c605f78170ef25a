//! `PresenceTable`: who is connected, to this node by their devices, and to others by what those
//! send.

use super::{
    budget::BroadcastBudget,
    state::{LocalUser, PresenceChange, State},
};
use crate::{cluster::NodeId, work_stats::counter::WorkCounter};
use model::{PresenceChoice, PresenceStatus, SessionId, UserId};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use time::OffsetDateTime;

/// Users who are about to connect and whose choice is cached. Beyond it the cache is cleared, and
/// the choice read from the database again.
const MAX_CACHED_CHOICES: usize = 20_000;

/// What a user has chosen, as the database has it.
pub struct StoredChoice {
    pub user_id: UserId,
    pub choice: PresenceChoice,
    pub last_seen_at: Option<OffsetDateTime>,
}

#[derive(Default)]
pub struct PresenceTable {
    state: Mutex<State>,
    pub work: WorkCounter,
    /// Locked by the task that broadcasts changes, so that there is one at a time.
    pub(super) budget: Arc<tokio::sync::Mutex<BroadcastBudget>>,
}

impl PresenceTable {
    /// The status that others see.
    pub fn status(&self, id: UserId) -> PresenceStatus {
        self.lock().status(id)
    }

    /// Returns whether the user is connected, and has chosen to look offline.
    pub fn is_invisible(&self, id: UserId) -> bool {
        self.lock().choice(id) == Some(PresenceChoice::Invisible)
    }

    /// Returns whether the user has a device on this node.
    pub fn is_connected(&self, id: UserId) -> bool {
        self.lock().is_connected(id)
    }

    /// Returns whether the user has a device on any node.
    pub fn is_connected_anywhere(&self, id: UserId) -> bool {
        self.lock().is_connected_anywhere(id)
    }

    /// The users of this node, and the sessions of their devices.
    pub fn connections(&self) -> (Vec<UserId>, Vec<SessionId>) {
        let state = self.lock();
        let sessions = state.local.values().flat_map(|it| &it.devices).flatten();
        (
            state.local.keys().copied().collect(),
            sessions.copied().collect(),
        )
    }

    /// The users who are connected to any node, the invisible included.
    pub fn users_anywhere(&self) -> Vec<UserId> {
        let state = self.lock();
        let local = state.local.keys();
        local.chain(state.remote.keys()).copied().collect()
    }

    /// Those of these users who are connected to any node.
    pub fn connected_of(&self, ids: impl IntoIterator<Item = UserId>) -> Vec<UserId> {
        let state = self.lock();
        let ids = ids.into_iter();
        ids.filter(|id| state.is_connected_anywhere(*id)).collect()
    }

    /// The users who are online on any node. Who is away, or looks offline, is not.
    pub fn online_anywhere(&self) -> Vec<UserId> {
        let state = self.lock();
        let users = state.local.keys().chain(state.remote.keys()).copied();
        users.filter(|id| state.is_online(*id)).collect()
    }

    /// Those of these users who are online on any node.
    pub fn online_of(&self, ids: impl IntoIterator<Item = UserId>) -> Vec<UserId> {
        let state = self.lock();
        ids.into_iter().filter(|id| state.is_online(*id)).collect()
    }

    /// Passes all users of this node to `send`, under the lock: changes are sent under it too, so
    /// that other nodes receive both in order.
    pub fn snapshot(&self, send: impl FnOnce(Vec<(UserId, PresenceChoice)>)) {
        let state = self.lock();
        let users = state.local.iter().map(|(id, it)| (*id, it.choice));
        send(users.collect());
    }

    /// The position of the newest announcement that devices of the user on this node had received
    /// when the last of them connected or disconnected; 0 for none.
    pub fn heard(&self, id: UserId) -> i64 {
        self.lock().local.get(&id).map_or(0, |it| it.heard)
    }

    pub fn local_user_count(&self) -> usize {
        self.lock().local.len()
    }

    /// Caches what a user has chosen who is about to connect.
    pub fn cache_choice(&self, id: UserId, choice: PresenceChoice) {
        let mut state = self.lock();
        if state.cached_choices.len() >= MAX_CACHED_CHOICES {
            state.cached_choices.clear();
        }
        state.cached_choices.insert(id, choice);
    }

    /// What a user has chosen, if it is known here.
    pub(super) fn take_cached_choice(&self, id: UserId) -> Option<PresenceChoice> {
        let mut state = self.lock();
        let cached = state.cached_choices.remove(&id);
        state.local.get(&id).map(|it| it.choice).or(cached)
    }

    /// Adds a device. Calls `send` when the user was not on this node before. `announced` is the
    /// position of the newest announcement that devices which are connected have received.
    pub(super) fn connect(
        &self,
        id: UserId,
        session_id: Option<SessionId>,
        choice: PresenceChoice,
        announced: i64,
        send: impl FnOnce(),
    ) {
        self.lock().change(id, |state| {
            state.note_told(id);
            if !state.local.contains_key(&id) {
                send();
            }
            let local = state.local.entry(id).or_insert(LocalUser {
                devices: Vec::with_capacity(1),
                choice,
                heard: 0,
            });
            if !local.devices.is_empty() {
                local.heard = announced;
            }
            local.devices.push(session_id);
        });
    }

    /// Removes a device; whether it was the user's last on this node. The user stays until
    /// `remove_disconnected`.
    pub(super) fn disconnect(
        &self,
        id: UserId,
        session_id: Option<SessionId>,
        announced: i64,
    ) -> bool {
        let mut state = self.lock();
        state.local.get_mut(&id).is_some_and(|local| {
            if let Some(index) = local.devices.iter().position(|it| *it == session_id) {
                local.devices.swap_remove(index);
                local.heard = announced;
            }
            local.devices.is_empty()
        })
    }

    /// Removes a user who has no device on this node. Calls `send` with whether they are connected
    /// to no other node either.
    pub(super) fn remove_disconnected(&self, id: UserId, send: impl FnOnce(bool)) {
        let mut state = self.lock();
        let local = state.local.get(&id);
        if local.is_none_or(|it| !it.devices.is_empty()) {
            return;
        }
        state.change(id, |state| state.local.remove(&id));
        send(!state.remote.contains_key(&id));
        if let Some(change) = state.changes.get_mut(&id) {
            change.writes_last_seen = true;
        }
    }

    /// Sets what a user has chosen, on whichever nodes they are.
    pub fn set_choice(
        &self,
        id: UserId,
        choice: PresenceChoice,
        last_seen_at: Option<OffsetDateTime>,
    ) {
        let mut state = self.lock();
        state.note_told(id);
        state.change(id, |state| state.set_choice(id, choice));
        if let Some(change) = state.changes.get_mut(&id) {
            change.last_seen_at = last_seen_at;
        }
    }

    /// From here on the choices that are told are noted, until `finish_audit`.
    pub fn begin_audit(&self) {
        self.lock().told_during_audit = Some(HashSet::new());
    }

    /// Takes over what connected users have chosen as the database had it after `begin_audit`, but of those
    /// who were told newly meanwhile. Returns the users who have become invisible by it.
    pub fn finish_audit(&self, choices: Vec<StoredChoice>) -> Vec<UserId> {
        let mut state = self.lock();
        let told = state.told_during_audit.take().unwrap_or_default();
        let mut hidden = Vec::new();
        for it in choices {
            if told.contains(&it.user_id) || !state.differs(it.user_id, it.choice) {
                continue;
            }
            state.change(it.user_id, |state| state.set_choice(it.user_id, it.choice));
            if let Some(change) = state.changes.get_mut(&it.user_id) {
                change.last_seen_at = it.last_seen_at;
            }
            if it.choice == PresenceChoice::Invisible {
                hidden.push(it.user_id);
            }
        }
        hidden
    }

    /// The user's first device connected to another node.
    pub fn remote_connected(&self, node: NodeId, id: UserId, choice: PresenceChoice) {
        let mut state = self.lock();
        state.note_told(id);
        state.change(id, |state| state.add_remote(node, id, choice));
    }

    /// The user's last device disconnected from another node. `last`: that node writes
    /// `last_seen_at`.
    pub fn remote_disconnected(&self, node: NodeId, id: UserId, last: bool) {
        let mut state = self.lock();
        state.change(id, |state| state.remove_remote(node, id));
        // Where two nodes each took the user for connected to the other, neither has written it.
        if let Some(change) = state.changes.get_mut(&id) {
            change.writes_last_seen |= !last;
        }
    }

    /// Replaces the users of another node by what it sent as its snapshot.
    pub fn replace_node(&self, node: NodeId, users: Vec<(UserId, PresenceChoice)>) {
        let mut state = self.lock();
        let users: HashMap<_, _> = users.into_iter().collect();
        let before = state.users_of(node);
        for id in before.into_iter().filter(|id| !users.contains_key(id)) {
            state.change(id, |state| state.remove_remote(node, id));
        }
        for (id, choice) in users {
            state.change(id, |state| state.add_remote(node, id, choice));
        }
    }

    /// Removes the users of another node that is gone. The remaining nodes write `last_seen_at`.
    pub fn remove_node(&self, node: NodeId) {
        let mut state = self.lock();
        for id in state.users_of(node) {
            state.change(id, |state| state.remove_remote(node, id));
            if let Some(change) = state.changes.get_mut(&id) {
                change.writes_last_seen = true;
            }
        }
    }

    pub(super) fn has_changes(&self) -> bool {
        !self.lock().changes.is_empty()
    }

    pub(super) fn take_changes(&self, max: usize) -> Vec<(UserId, PresenceChange)> {
        self.lock().take_changes(max)
    }

    pub(super) fn put_back(&self, changes: impl IntoIterator<Item = (UserId, PresenceChange)>) {
        self.lock().put_back(changes);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
