//! Who is connected: here, by their devices, and elsewhere, by what other nodes say.

use super::telling::Turn;
use crate::{nodes::NodeId, work_stats::WorkCounter};
use model::{PresenceChoice, PresenceStatus, SessionId, UserId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use time::OffsetDateTime;

/// Those who are about to connect.
const MOST_EXPECTED: usize = 20_000;

#[derive(Default)]
pub struct Devices {
    there: Mutex<There>,
    pub work: WorkCounter,
    /// Of whoever tells the changes.
    pub(super) turn: Arc<tokio::sync::Mutex<Turn>>,
}

#[derive(Default)]
pub(super) struct There {
    here: HashMap<UserId, Here>,
    elsewhere: HashMap<UserId, Vec<(NodeId, PresenceChoice)>>,
    changes: HashMap<UserId, Change>,
    /// What those have chosen who are about to connect.
    expected: HashMap<UserId, PresenceChoice>,
}

struct Here {
    /// None while somebody who went may come back.
    devices: Vec<Option<SessionId>>,
    choice: PresenceChoice,
}

/// Somebody is seen otherwise than has been told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// What others have been told.
    pub told: PresenceStatus,
    pub last_seen_at: Option<OffsetDateTime>,
    /// Whether it is up to this node to write down when they were seen last.
    pub is_ours: bool,
}

impl Devices {
    /// What others see of a user.
    pub fn status(&self, id: UserId) -> PresenceStatus {
        self.lock().status(id)
    }

    /// Those who have a device here, seen or not.
    pub fn connected(&self) -> Vec<UserId> {
        let there = self.lock();
        let connected = there.here.iter().filter(|(_, it)| !it.devices.is_empty());
        connected.map(|(id, _)| *id).collect()
    }

    /// Whether any device of theirs is here, seen or not.
    pub fn is_connected(&self, id: UserId) -> bool {
        let there = self.lock();
        there.here.get(&id).is_some_and(|it| !it.devices.is_empty())
    }

    /// The same of all nodes.
    pub fn is_connected_anywhere(&self, id: UserId) -> bool {
        self.is_connected(id) || self.lock().elsewhere.contains_key(&id)
    }

    /// The users who have a device here, and the sessions of the devices.
    pub fn connections(&self) -> (Vec<UserId>, Vec<SessionId>) {
        let there = self.lock();
        let sessions = there.here.values().flat_map(|it| &it.devices).flatten();
        (
            there.here.keys().copied().collect(),
            sessions.copied().collect(),
        )
    }

    /// Says who is here. The other nodes hear it, and whatever changes, in this order.
    pub fn introduce(&self, say: impl FnOnce(Vec<(UserId, PresenceChoice)>)) {
        let there = self.lock();
        say(there.here.iter().map(|(id, it)| (*id, it.choice)).collect());
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, There> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody is about to connect; who does not is forgotten in time.
    pub fn expect(&self, id: UserId, choice: PresenceChoice) {
        let mut there = self.lock();
        if there.expected.len() >= MOST_EXPECTED {
            there.expected.clear();
        }
        there.expected.insert(id, choice);
    }

    /// What somebody has chosen, as far as it is known here.
    pub(super) fn expected(&self, id: UserId) -> Option<PresenceChoice> {
        let mut there = self.lock();
        let expected = there.expected.remove(&id);
        there.here.get(&id).map(|it| it.choice).or(expected)
    }

    /// Says so when this device is the user's first here.
    pub(super) fn add(
        &self,
        id: UserId,
        session_id: Option<SessionId>,
        choice: PresenceChoice,
        came: impl FnOnce(),
    ) {
        self.lock().change(id, |there| {
            if !there.here.contains_key(&id) {
                came();
            }
            let here = there.here.entry(id).or_insert(Here {
                devices: Vec::with_capacity(1),
                choice,
            });
            here.devices.push(session_id);
        });
    }

    /// Whether this device was the user's last here.
    pub(super) fn drop_one(&self, id: UserId, session_id: Option<SessionId>) -> bool {
        let mut there = self.lock();
        there.here.get_mut(&id).is_some_and(|here| {
            if let Some(nth) = here.devices.iter().position(|it| *it == session_id) {
                here.devices.swap_remove(nth);
            }
            here.devices.is_empty()
        })
    }

    /// Forgets a user without devices here, and says so; and whether they are nowhere else.
    pub(super) fn forget(&self, id: UserId, left: impl FnOnce(bool)) {
        let mut there = self.lock();
        let here = there.here.get(&id);
        if here.is_none_or(|it| !it.devices.is_empty()) {
            return;
        }
        there.change(id, |there| there.here.remove(&id));
        left(!there.elsewhere.contains_key(&id));
        if let Some(change) = there.changes.get_mut(&id) {
            change.is_ours = true;
        }
    }

    /// Holds wherever they are.
    pub fn choose(&self, id: UserId, choice: PresenceChoice, last_seen_at: Option<OffsetDateTime>) {
        let mut there = self.lock();
        there.change(id, |there| {
            if let Some(here) = there.here.get_mut(&id) {
                here.choice = choice;
            }
            if let Some(expected) = there.expected.get_mut(&id) {
                *expected = choice;
            }
            for (_, elsewhere) in there.elsewhere.get_mut(&id).into_iter().flatten() {
                *elsewhere = choice;
            }
        });
        if let Some(change) = there.changes.get_mut(&id) {
            change.last_seen_at = last_seen_at;
        }
    }

    /// Another node has the user's first device there.
    pub fn came(&self, node: NodeId, id: UserId, choice: PresenceChoice) {
        self.lock().change(id, |there| there.put(node, id, choice));
    }

    /// Another node has no device of the user any more.
    pub fn left(&self, node: NodeId, id: UserId, last: bool) {
        let mut there = self.lock();
        there.change(id, |there| there.take_away(node, id));
        // Where two nodes each thought that the other one still had them, nobody has written it.
        if let Some(change) = there.changes.get_mut(&id) {
            change.is_ours |= !last;
        }
    }

    /// All who are connected to another node.
    pub fn replace(&self, node: NodeId, people: Vec<(UserId, PresenceChoice)>) {
        let mut there = self.lock();
        let people: HashMap<_, _> = people.into_iter().collect();
        let before = there.people_of(node);
        for id in before.into_iter().filter(|id| !people.contains_key(id)) {
            there.change(id, |there| there.take_away(node, id));
        }
        for (id, choice) in people {
            there.change(id, |there| there.put(node, id, choice));
        }
    }

    /// Another node is gone, and left it to the others to say so.
    pub fn forget_node(&self, node: NodeId) {
        let mut there = self.lock();
        for id in there.people_of(node) {
            there.change(id, |there| there.take_away(node, id));
            if let Some(change) = there.changes.get_mut(&id) {
                change.is_ours = true;
            }
        }
    }
}

impl There {
    pub fn status(&self, id: UserId) -> PresenceStatus {
        let here = self.here.get(&id).map(|it| it.choice);
        let elsewhere = || {
            let there = self.elsewhere.get(&id)?.first();
            there.map(|(_, choice)| *choice)
        };
        match here.or_else(elsewhere) {
            Some(PresenceChoice::Online) => PresenceStatus::Online,
            Some(PresenceChoice::Away) => PresenceStatus::Away,
            Some(PresenceChoice::Invisible) | None => PresenceStatus::Offline,
        }
    }

    /// Notes what others have been told, when they are to be told something else.
    fn change<T>(&mut self, id: UserId, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.status(id);
        let result = work(self);
        if self.status(id) != before {
            let change = self.changes.entry(id).or_insert(Change {
                told: before,
                last_seen_at: None,
                is_ours: false,
            });
            change.last_seen_at = None;
        }
        result
    }

    /// Changes that are to be told; those that have undone themselves are forgotten.
    pub fn take_changes(&mut self, most: usize) -> Vec<(UserId, Change)> {
        let mut changes = std::mem::take(&mut self.changes);
        changes.retain(|id, change| self.status(*id) != change.told);
        if changes.len() <= most {
            return changes.into_iter().collect();
        }
        let ids: Vec<_> = changes.keys().take(most).copied().collect();
        let taken = ids.into_iter();
        let taken = taken.filter_map(|id| changes.remove_entry(&id)).collect();
        self.changes = changes;
        taken
    }

    /// They could not be told now.
    pub fn put_back(&mut self, changes: impl IntoIterator<Item = (UserId, Change)>) {
        for (id, change) in changes {
            let later = self.changes.entry(id).or_insert(change);
            later.told = change.told;
            later.is_ours |= change.is_ours;
        }
    }

    pub fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    pub fn devices_here(&self) -> usize {
        self.here.len()
    }

    fn put(&mut self, node: NodeId, id: UserId, choice: PresenceChoice) {
        let nodes = self
            .elsewhere
            .entry(id)
            .or_insert_with(|| Vec::with_capacity(1));
        match nodes.iter_mut().find(|(it, _)| *it == node) {
            Some((_, before)) => *before = choice,
            None => nodes.push((node, choice)),
        }
    }

    fn take_away(&mut self, node: NodeId, id: UserId) {
        if let Some(nodes) = self.elsewhere.get_mut(&id) {
            nodes.retain(|(it, _)| *it != node);
            if nodes.is_empty() {
                self.elsewhere.remove(&id);
            }
        }
    }

    fn people_of(&self, node: NodeId) -> Vec<UserId> {
        let elsewhere = self.elsewhere.iter();
        let people = elsewhere.filter(|(_, nodes)| nodes.iter().any(|(it, _)| *it == node));
        people.map(|(id, _)| *id).collect()
    }
}
