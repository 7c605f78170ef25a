//! `LocalSubscriptions`: the users connected to this node, and the conversations of each.

use super::types::MembershipSnapshot;
use model::{ConversationId, UserId};
use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

#[derive(Default)]
pub struct LocalSubscriptions {
    users: HashMap<UserId, LocalUser>,
    /// The number of those users per conversation.
    counts: HashMap<ConversationId, usize>,
}

struct LocalUser {
    conversations: HashSet<ConversationId>,
    /// When the user last began to connect.
    since: Instant,
    /// Counts the changes of their subscriptions, so that a snapshot that was read before the
    /// latest change is recognised as stale.
    version: u64,
}

impl LocalSubscriptions {
    /// Returns whether the user is connected to this node, or about to be.
    pub fn is_local(&self, id: UserId) -> bool {
        self.users.contains_key(&id)
    }

    /// Returns whether any user of this node is subscribed to the conversation.
    pub fn is_subscribed(&self, id: ConversationId) -> bool {
        self.counts.contains_key(&id)
    }

    /// Returns whether this user is. `None` for a user who is not local.
    pub fn is_user_subscribed(&self, user_id: UserId, id: ConversationId) -> Option<bool> {
        let user = self.users.get(&user_id)?;
        Some(user.conversations.contains(&id))
    }

    /// Adds a user, without conversations, or renews the time of one who is there.
    pub fn add_user(&mut self, id: UserId, now: Instant) {
        let user = self.users.entry(id);
        let user = user.or_insert_with(|| LocalUser {
            conversations: HashSet::new(),
            since: now,
            version: 0,
        });
        user.since = now;
    }

    /// Subscribes those of the users who are local.
    pub fn subscribe(&mut self, id: ConversationId, user_ids: &[UserId]) {
        for user_id in user_ids {
            let Some(user) = self.users.get_mut(user_id) else {
                continue;
            };
            user.version += 1;
            if user.conversations.insert(id) {
                *self.counts.entry(id).or_default() += 1;
            }
        }
    }

    /// Unsubscribes those of the users who are local.
    pub fn unsubscribe(&mut self, id: ConversationId, user_ids: &[UserId]) {
        for user_id in user_ids {
            let Some(user) = self.users.get_mut(user_id) else {
                continue;
            };
            user.version += 1;
            if user.conversations.remove(&id) {
                self.decrement(id);
            }
        }
    }

    /// Unsubscribes everybody.
    pub fn close(&mut self, id: ConversationId) {
        if self.counts.remove(&id).is_some() {
            for user in self.users.values_mut() {
                if user.conversations.remove(&id) {
                    user.version += 1;
                }
            }
        }
    }

    /// Removes the users who are not connected, but for those who began to connect after `before`.
    /// Returns the conversations that they were subscribed to.
    pub fn remove_users(
        &mut self,
        before: Instant,
        is_connected: impl Fn(UserId) -> bool,
    ) -> Vec<ConversationId> {
        let users = &mut self.users;
        let removed = users.extract_if(|id, it| it.since < before && !is_connected(*id));
        let ids: Vec<_> = removed.flat_map(|(_, it)| it.conversations).collect();
        for id in &ids {
            self.decrement(*id);
        }
        ids
    }

    /// Each local user, with the version of their subscriptions.
    pub fn users(&self) -> Vec<(UserId, u64)> {
        let users = self.users.iter();
        users.map(|(id, it)| (*id, it.version)).collect()
    }

    /// How a snapshot differs: the memberships gained, and the conversations lost. Nothing when the
    /// subscriptions of the user have changed since that version.
    pub fn compare(
        &self,
        (user_id, version): (UserId, u64),
        memberships: &MembershipSnapshot,
    ) -> (MembershipSnapshot, Vec<ConversationId>) {
        let user = self.users.get(&user_id);
        let Some(user) = user.filter(|it| it.version == version) else {
            return (Vec::new(), Vec::new());
        };
        let mut lost = user.conversations.clone();
        let gained = memberships.iter().filter(|(id, _)| !lost.remove(id));
        let gained = gained.copied().collect();
        (gained, lost.into_iter().collect())
    }

    fn decrement(&mut self, id: ConversationId) {
        if let Some(count) = self.counts.get_mut(&id) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&id);
            }
        }
    }
}
