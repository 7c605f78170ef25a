//! The state of the presence table: connected users, and changes that were not broadcast yet.

use crate::cluster::NodeId;
use model::{PresenceChoice, PresenceStatus, SessionId, UserId};
use std::collections::{HashMap, HashSet};
use time::OffsetDateTime;

#[derive(Default)]
pub struct State {
    /// The users of this node.
    pub local: HashMap<UserId, LocalUser>,
    /// The nodes to which a user is connected beside this one.
    pub remote: HashMap<UserId, Vec<(NodeId, PresenceChoice)>>,
    pub changes: HashMap<UserId, PresenceChange>,
    /// What users have chosen who are about to connect.
    pub cached_choices: HashMap<UserId, PresenceChoice>,
    /// Whose choice was told or read while an audit reads the choices of the database: what the audit has
    /// read of them may be older.
    pub told_during_audit: Option<HashSet<UserId>>,
}

pub struct LocalUser {
    /// The session of each device. Empty during the grace after the last one has disconnected.
    pub devices: Vec<Option<SessionId>>,
    pub choice: PresenceChoice,
    /// The position of the newest announcement that one of these devices, or one before them, had
    /// received when the last change of `devices` was made; 0 for none.
    pub heard: i64,
}

/// The status of a user differs from what was broadcast last.
#[derive(Clone, Copy, Debug)]
pub struct PresenceChange {
    /// What was broadcast last.
    pub announced: PresenceStatus,
    pub last_seen_at: Option<OffsetDateTime>,
    /// Whether this node writes `last_seen_at` to the database when the user is gone.
    pub writes_last_seen: bool,
}

impl State {
    /// What a user has chosen who is connected to a node; `None` for others.
    pub fn choice(&self, id: UserId) -> Option<PresenceChoice> {
        let local = self.local.get(&id).map(|it| it.choice);
        let remote = || {
            let first = self.remote.get(&id)?.first();
            first.map(|(_, choice)| *choice)
        };
        local.or_else(remote)
    }

    /// The status that others see.
    pub fn status(&self, id: UserId) -> PresenceStatus {
        match self.choice(id) {
            Some(PresenceChoice::Online) => PresenceStatus::Online,
            Some(PresenceChoice::Away) => PresenceStatus::Away,
            Some(PresenceChoice::Invisible) | None => PresenceStatus::Offline,
        }
    }

    pub fn is_online(&self, id: UserId) -> bool {
        self.status(id) == PresenceStatus::Online
    }

    /// Whether the user has a device on this node.
    pub fn is_connected(&self, id: UserId) -> bool {
        let local = self.local.get(&id);
        local.is_some_and(|it| !it.devices.is_empty())
    }

    /// Whether the user has a device on any node.
    pub fn is_connected_anywhere(&self, id: UserId) -> bool {
        self.is_connected(id) || self.remote.contains_key(&id)
    }

    /// Runs `work`, and notes a change where it changes the status.
    pub fn change<T>(&mut self, id: UserId, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.status(id);
        let result = work(self);
        if self.status(id) != before {
            let change = self.changes.entry(id).or_insert(PresenceChange {
                announced: before,
                last_seen_at: None,
                writes_last_seen: false,
            });
            change.last_seen_at = None;
        }
        result
    }

    /// Whether another choice is known of a connected user, of any of the nodes that they are on.
    pub fn differs(&self, id: UserId, choice: PresenceChoice) -> bool {
        let local = self.local.get(&id).map(|it| it.choice);
        let remote = self.remote.get(&id).into_iter().flatten();
        let mut known = local.into_iter().chain(remote.map(|(_, choice)| *choice));
        known.any(|known| known != choice)
    }

    /// Sets what a user has chosen, on whichever nodes they are.
    pub fn set_choice(&mut self, id: UserId, choice: PresenceChoice) {
        if let Some(local) = self.local.get_mut(&id) {
            local.choice = choice;
        }
        if let Some(cached) = self.cached_choices.get_mut(&id) {
            *cached = choice;
        }
        for (_, remote) in self.remote.get_mut(&id).into_iter().flatten() {
            *remote = choice;
        }
    }

    /// Notes that the user's choice is known newly, to an audit that runs.
    pub fn note_told(&mut self, id: UserId) {
        if let Some(told) = &mut self.told_during_audit {
            told.insert(id);
        }
    }

    /// Takes at most `max` changes. Those that have been reverted are dropped.
    pub fn take_changes(&mut self, max: usize) -> Vec<(UserId, PresenceChange)> {
        let mut changes = std::mem::take(&mut self.changes);
        changes.retain(|id, change| self.status(*id) != change.announced);
        if changes.len() <= max {
            return changes.into_iter().collect();
        }
        let ids: Vec<_> = changes.keys().take(max).copied().collect();
        let taken = ids.into_iter();
        let taken = taken.filter_map(|id| changes.remove_entry(&id)).collect();
        self.changes = changes;
        taken
    }

    /// Puts back changes that could not be broadcast, and merges them with later ones.
    pub fn put_back(&mut self, changes: impl IntoIterator<Item = (UserId, PresenceChange)>) {
        for (id, change) in changes {
            let later = self.changes.entry(id).or_insert(change);
            later.announced = change.announced;
            later.writes_last_seen |= change.writes_last_seen;
        }
    }

    /// Notes that the user is connected to the node.
    pub fn add_remote(&mut self, node: NodeId, id: UserId, choice: PresenceChoice) {
        let nodes = self
            .remote
            .entry(id)
            .or_insert_with(|| Vec::with_capacity(1));
        match nodes.iter_mut().find(|(it, _)| *it == node) {
            Some((_, before)) => *before = choice,
            None => nodes.push((node, choice)),
        }
    }

    /// Notes that the user is not connected to the node any more.
    pub fn remove_remote(&mut self, node: NodeId, id: UserId) {
        if let Some(nodes) = self.remote.get_mut(&id) {
            nodes.retain(|(it, _)| *it != node);
            if nodes.is_empty() {
                self.remote.remove(&id);
            }
        }
    }

    pub fn users_of(&self, node: NodeId) -> Vec<UserId> {
        let remote = self.remote.iter();
        let users = remote.filter(|(_, nodes)| nodes.iter().any(|(it, _)| *it == node));
        users.map(|(id, _)| *id).collect()
    }
}
