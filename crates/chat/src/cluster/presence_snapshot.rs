//! Presence snapshots: all users of this node, for nodes that join or that missed messages.

use super::{message::BusMessage, state::Cluster};
use crate::presence::table::PresenceTable;
use std::sync::atomic::Ordering::Relaxed;

impl Cluster {
    /// Sends a snapshot when one was requested since the last call, unless this node is leaving.
    pub(super) fn send_presence_snapshot(&self, presence: &PresenceTable) {
        let is_requested = self.presence_snapshot_requested.swap(false, Relaxed);
        if is_requested && !self.leaving.load(Relaxed) {
            // Sent under the lock of the table, so that no later change overtakes it.
            presence.snapshot(|users| self.send(BusMessage::PresenceSnapshot(users)));
        }
    }
}
