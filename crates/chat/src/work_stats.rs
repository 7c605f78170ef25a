//! Work statistics: how much work this node has done since its start, and how much is queued.

pub(crate) mod counter;

pub use counter::WorkCounts;

use crate::chat::Chat;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkStats {
    /// Changes to conversations: all that runs under a conversation lock.
    pub messages: WorkCounts,
    /// Devices that connect and disconnect, and presence that users choose.
    pub presence: WorkCounts,
}

impl Chat {
    /// The work of this node.
    pub fn work_stats(&self) -> WorkStats {
        WorkStats {
            messages: self.0.conversation_locks.work.counts(),
            presence: self.0.presence.work.counts(),
        }
    }
}
