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
    /// Connections of any user whose memberships are being read.
    loads: usize,
}

struct LocalUser {
    conversations: HashSet<ConversationId>,
    /// When the user last began to connect.
    since: Instant,
    /// Counts the changes of their subscriptions, so that a snapshot that was read before the
    /// latest change is recognised as stale.
    version: u64,
    /// Connections of the user whose memberships are being read.
    loading: usize,
    /// What the user was unsubscribed from while memberships are being read, because the rows that
    /// were read may still contain it. Empty otherwise.
    lost_while_loading: HashSet<ConversationId>,
    /// Whether memberships were read at least once. Until then the user has no live socket, and the
    /// subscriptions are not complete.
    is_loaded: bool,
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

    /// Returns whether this user is.
    pub fn is_user_subscribed(&self, user_id: UserId, id: ConversationId) -> bool {
        let user = self.users.get(&user_id);
        user.is_some_and(|it| it.conversations.contains(&id))
    }

    /// The local users who are subscribed to the conversation.
    pub fn subscribers(&self, id: ConversationId) -> Vec<UserId> {
        let users = self.users.iter();
        let subscribed = users.filter(|(_, it)| it.conversations.contains(&id));
        subscribed.map(|(user_id, _)| *user_id).collect()
    }

    /// The memberships of a user are about to be read. Adds the user, without conversations, or renews
    /// the time of one who is there.
    pub fn begin_load(&mut self, id: UserId, now: Instant) {
        let user = self.users.entry(id);
        let user = user.or_insert_with(|| LocalUser {
            conversations: HashSet::new(),
            since: now,
            version: 0,
            loading: 0,
            lost_while_loading: HashSet::new(),
            is_loaded: false,
        });
        user.since = now;
        user.loading += 1;
        self.loads += 1;
    }

    /// The memberships of a user were read, or could not be.
    pub fn end_load(&mut self, id: UserId, is_loaded: bool) {
        self.loads = self.loads.saturating_sub(1);
        if let Some(user) = self.users.get_mut(&id) {
            user.is_loaded |= is_loaded;
            user.loading = user.loading.saturating_sub(1);
            if user.loading == 0 {
                user.lost_while_loading.clear();
            }
        }
    }

    /// Returns whether the memberships of any user are being read.
    pub fn is_loading(&self) -> bool {
        self.loads > 0
    }

    /// Returns whether memberships that were read are to subscribe the user: neither are they
    /// subscribed, nor were they unsubscribed since the reading began.
    pub fn lacks(&self, user_id: UserId, id: ConversationId) -> bool {
        self.users.get(&user_id).is_some_and(|it| {
            !it.conversations.contains(&id) && !it.lost_while_loading.contains(&id)
        })
    }

    /// Subscribes those of the users who are local.
    pub fn subscribe(&mut self, id: ConversationId, user_ids: &[UserId]) {
        for user_id in user_ids {
            let Some(user) = self.users.get_mut(user_id) else {
                continue;
            };
            user.version += 1;
            user.lost_while_loading.remove(&id);
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
            if user.loading > 0 {
                user.lost_while_loading.insert(id);
            }
            if user.conversations.remove(&id) {
                self.decrement(id);
            }
        }
    }

    /// Unsubscribes everybody.
    pub fn close(&mut self, id: ConversationId) {
        self.counts.remove(&id);
        for user in self.users.values_mut() {
            if user.loading > 0 {
                user.lost_while_loading.insert(id);
            }
            if user.conversations.remove(&id) {
                user.version += 1;
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
        let removed =
            users.extract_if(|id, it| it.since < before && it.loading == 0 && !is_connected(*id));
        let ids: Vec<_> = removed.flat_map(|(_, it)| it.conversations).collect();
        for id in &ids {
            self.decrement(*id);
        }
        ids
    }

    /// Each local user whose memberships were read, with the version of their subscriptions.
    pub fn loaded_users(&self) -> Vec<(UserId, u64)> {
        let users = self.users.iter().filter(|(_, it)| it.is_loaded);
        users.map(|(id, it)| (*id, it.version)).collect()
    }

    /// How a snapshot differs: the memberships gained, and the conversations lost. `None` when the
    /// subscriptions of the user have changed since that version.
    pub fn compare(
        &self,
        (user_id, version): (UserId, u64),
        memberships: &MembershipSnapshot,
    ) -> Option<(MembershipSnapshot, Vec<ConversationId>)> {
        let Some(user) = self.users.get(&user_id) else {
            return Some((Vec::new(), Vec::new()));
        };
        if user.version != version {
            return None;
        }
        let mut lost = user.conversations.clone();
        let gained = memberships
            .iter()
            .filter(|it| !lost.remove(&it.conversation_id));
        let gained = gained.copied().collect();
        Some((gained, lost.into_iter().collect()))
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
