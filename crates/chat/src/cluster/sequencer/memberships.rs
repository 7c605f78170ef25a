//! Subscribing the users who connect to this node, and comparing them with the database later.

use super::{
    Sequencer,
    types::{Deliveries, Membership, MembershipSnapshot, Stream},
};
use crate::events::Delivery;
use model::{ConversationId, UserId};
use std::{sync::Arc, time::Instant};

impl Sequencer {
    /// The memberships of the user are about to be read. From here on a change of them counts, so that
    /// `complete_subscribe` knows what the rows may not have. Ends with `complete_subscribe` or
    /// `cancel_subscribe`.
    pub fn begin_subscribe(&mut self, user_id: UserId, now: Instant) {
        self.subscriptions.begin_load(user_id, now);
    }

    /// Subscribes the user to what was read, but for what they have lost since. Emits nothing: the
    /// client learns of these conversations from `Ready`, which is read later.
    pub fn complete_subscribe(
        &mut self,
        user_id: UserId,
        memberships: &MembershipSnapshot,
        due: Instant,
    ) {
        for membership in memberships {
            let id = membership.conversation_id;
            if !self.subscriptions.lacks(user_id, id) {
                continue;
            }
            match self.streams.get_mut(&id) {
                // The change that added the user is still to be delivered, and subscribes them.
                Some(stream) if stream.delivered_seq < membership.joined_seq => {
                    stream.awaiting.insert(user_id);
                    self.schedule_check(id, due);
                    continue;
                }
                Some(stream) if stream.delivered_seq < membership.seq => {
                    self.schedule_check(id, due);
                }
                Some(_) => {}
                None => self.open_stream_at(*membership, due),
            }
            self.subscriptions.subscribe(id, &[user_id]);
        }
        self.end_load(user_id, true);
    }

    /// The memberships of the user could not be read.
    pub fn cancel_subscribe(&mut self, user_id: UserId) {
        self.end_load(user_id, false);
    }

    fn end_load(&mut self, user_id: UserId, is_loaded: bool) {
        self.subscriptions.end_load(user_id, is_loaded);
        if !self.subscriptions.is_loading() {
            self.forwarded.clear();
        }
    }

    /// Opens a stream for a first subscriber, who learns what was committed before from `Ready`. What
    /// was forwarded without a stream may still reach them, and is not delivered again.
    fn open_stream_at(&mut self, membership: Membership, due: Instant) {
        let id = membership.conversation_id;
        let forwarded = self.forwarded.get(&id).copied().unwrap_or_default();
        let stream = Stream::at(membership.seq.max(forwarded));
        self.streams.insert(id, stream);
        // Changes after the snapshot found no stream.
        self.schedule_check(id, due);
    }

    /// Subscribes a user to a conversation that they were added to without this node receiving it. The
    /// change that added them is delivered first where it is still to come, with all that followed it:
    /// whoever is told that a conversation begins at a seq must not be told that seq again.
    pub fn recover_membership(
        &mut self,
        user_id: UserId,
        membership: Membership,
        due: Instant,
        out: &mut Deliveries,
    ) {
        let id = membership.conversation_id;
        let joined_seq = membership.joined_seq;
        match self.streams.get_mut(&id) {
            Some(stream) if stream.delivered_seq < joined_seq => {
                stream.awaiting.insert(user_id);
            }
            None if joined_seq > 0 => {
                let mut stream = Stream::at(joined_seq - 1);
                stream.awaiting.insert(user_id);
                self.streams.insert(id, stream);
            }
            stream => {
                // Without an event: what this user's clients know of the conversation is unknown here.
                // The next change is new to them, or has a hole before it, and they ask.
                if stream.is_none() {
                    self.streams.insert(id, Stream::at(membership.seq));
                }
                self.subscriptions.subscribe(id, &[user_id]);
                out.push(Arc::new(Delivery::Subscribe {
                    conversation_id: id,
                    user_ids: vec![user_id],
                }));
            }
        }
        self.schedule_check(id, due);
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

    /// Each user of this node whose memberships were read, with the version of their subscriptions.
    /// Those who are only about to connect have none yet, and have not lost or gained any.
    pub fn loaded_users(&self) -> Vec<(UserId, u64)> {
        self.subscriptions.loaded_users()
    }

    /// How a newer snapshot differs: the memberships gained, and the conversations lost. `None`
    /// when the subscriptions of the user have changed since that version.
    pub fn compare(
        &self,
        user: (UserId, u64),
        memberships: &MembershipSnapshot,
    ) -> Option<(MembershipSnapshot, Vec<ConversationId>)> {
        self.subscriptions.compare(user, memberships)
    }
}
