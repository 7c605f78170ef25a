//! A user who connects: from before their memberships are read until this node has subscribed them.

use super::{
    sequencer::MembershipSnapshot,
    state::{Cluster, lock},
};
use model::UserId;
use std::time::Instant;

/// The memberships of a user are being read. Dropped without `complete`, they could not be.
pub struct PendingSubscribe<'a> {
    cluster: &'a Cluster,
    user_id: UserId,
    is_complete: bool,
}

impl Cluster {
    /// To be called before the memberships of a user who connects are read.
    pub fn begin_subscribe(&self, user_id: UserId) -> PendingSubscribe<'_> {
        lock(&self.sequencer).begin_subscribe(user_id, Instant::now());
        PendingSubscribe {
            cluster: self,
            user_id,
            is_complete: false,
        }
    }
}

impl PendingSubscribe<'_> {
    /// Subscribes the user to the conversations that were read meanwhile.
    pub fn complete(mut self, memberships: &MembershipSnapshot) {
        let due = Instant::now() + self.cluster.timings.subscribe_settle_delay;
        self.cluster
            .sequence(|it, _| it.complete_subscribe(self.user_id, memberships, due));
        self.is_complete = true;
    }
}

impl Drop for PendingSubscribe<'_> {
    fn drop(&mut self) {
        if !self.is_complete {
            lock(&self.cluster.sequencer).cancel_subscribe(self.user_id);
        }
    }
}
