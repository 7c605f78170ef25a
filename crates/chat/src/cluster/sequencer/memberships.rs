//! Subscribing the users who connect to this node, and comparing them with the database later.

use super::{
    Sequencer,
    types::{MembershipSnapshot, Stream},
};
use model::{ConversationId, UserId};
use std::time::Instant;

impl Sequencer {
    /// The memberships of the user are about to be read. From here on a change of them counts,
    /// so that `complete_subscribe` recognises a snapshot that has become stale.
    pub fn begin_subscribe(&mut self, user_id: UserId, now: Instant) {
        self.subscriptions.add_user(user_id, now);
    }

    /// Subscribes the user to all that the snapshot names. `false` when the snapshot may be stale.
    pub fn complete_subscribe(
        &mut self,
        user_id: UserId,
        memberships: &MembershipSnapshot,
        due: Instant,
    ) -> bool {
        let mut is_current = self.is_local(user_id);
        for &(id, seq) in memberships {
            if self.subscriptions.is_user_subscribed(user_id, id) == Some(false) {
                is_current &= self.subscribe(user_id, (id, seq), due);
            }
        }
        is_current
    }

    /// Subscribes a user who was a member as of `seq`. `false`, and no subscription, when later
    /// changes were delivered already: one of them may have removed the user.
    pub fn subscribe(
        &mut self,
        user_id: UserId,
        (id, seq): (ConversationId, i64),
        due: Instant,
    ) -> bool {
        match self.streams.get(&id) {
            Some(stream) if stream.delivered_seq > seq => return false,
            Some(_) => {}
            None => {
                self.streams.insert(id, Stream::at(seq));
                // Changes after the snapshot found no stream.
                self.schedule_check(id, due);
            }
        }
        self.subscriptions.subscribe(id, &[user_id]);
        true
    }

    /// Returns whether the user is connected to this node, or about to be.
    pub fn is_local(&self, user_id: UserId) -> bool {
        self.subscriptions.is_local(user_id)
    }

    /// Forgets the users who are not connected, but for those who began to connect after `before`:
    /// they may not be connected yet.
    pub fn prune_users(&mut self, before: Instant, is_connected: impl Fn(UserId) -> bool) {
        for id in self.subscriptions.remove_users(before, is_connected) {
            self.prune_stream(id);
        }
    }

    /// Each user of this node, with the version of their subscriptions.
    pub fn local_users(&self) -> Vec<(UserId, u64)> {
        self.subscriptions.users()
    }

    /// How a newer snapshot differs: the memberships gained, and the conversations lost. Nothing
    /// when the subscriptions of the user have changed since that version.
    pub fn compare(
        &self,
        user: (UserId, u64),
        memberships: &MembershipSnapshot,
    ) -> (MembershipSnapshot, Vec<ConversationId>) {
        self.subscriptions.compare(user, memberships)
    }
}
