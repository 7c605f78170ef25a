//! Conversations that the writer has locked, and the batch that is written to them.

use super::queue::{QueuedBatch, QueuedSend};
use crate::{Chat, conversation_lock::LockGuard};
use model::ConversationId;
use std::collections::HashSet;

/// A conversation that a worker writes to. Dropping it releases the lock, and queues for the lock
/// again when more sends have come meanwhile.
pub struct LockedConversation {
    pub id: ConversationId,
    chat: Chat,
    lock: Option<LockGuard>,
}

/// Sends that are written by one statement and one commit.
pub struct Batch {
    pub conversations: Vec<LockedConversation>,
    pub sends: Vec<QueuedSend>,
    /// Sends that have passed the queue's timeout, to be refused.
    pub expired: Vec<QueuedSend>,
}

impl LockedConversation {
    fn new(chat: &Chat, lock: LockGuard) -> Self {
        Self {
            id: lock.conversation_id,
            chat: chat.clone(),
            lock: Some(lock),
        }
    }

    /// Removes the conversations that these items are about.
    pub fn extract<T>(from: &mut Vec<Self>, of: &[T], id: fn(&T) -> ConversationId) -> Vec<Self> {
        let ids: HashSet<_> = of.iter().map(id).collect();
        from.extract_if(.., |it| ids.contains(&it.id)).collect()
    }
}

impl Drop for LockedConversation {
    fn drop(&mut self) {
        // The lock is fair: once it is released, those who wait for it go first.
        self.lock.take();
        if self.chat.0.writer.state().queue.finish(self.id) {
            self.chat.lock_and_enqueue(self.id);
        }
    }
}

impl Batch {
    pub fn new(chat: &Chat, queued: QueuedBatch) -> Self {
        let locks = queued.locks.into_iter();
        Self {
            conversations: locks
                .map(|lock| LockedConversation::new(chat, lock))
                .collect(),
            sends: queued.sends,
            expired: queued.expired,
        }
    }
}
