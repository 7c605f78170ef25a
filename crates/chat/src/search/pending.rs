//! The conversations whose changes this node has made and nobody has indexed yet.

use model::ConversationId;
use std::{
    collections::HashSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
    },
};
use tokio::sync::Notify;

/// Conversations that are remembered. Those beyond are found by the next comparison of all.
const MAX_PENDING: usize = 100_000;

#[derive(Default)]
pub struct PendingIndex {
    conversations: Mutex<HashSet<ConversationId>>,
    changed: Notify,
    /// Changes that were not indexed at the last comparison, of all nodes.
    lag: AtomicI64,
    /// Whether the last comparison has found more conversations than it returned.
    is_partial: AtomicBool,
}

impl PendingIndex {
    /// Notes that something in these conversations has changed. Never waits.
    pub fn note(&self, ids: impl IntoIterator<Item = ConversationId>) {
        let mut conversations = self.lock();
        for id in ids {
            if conversations.len() < MAX_PENDING {
                conversations.insert(id);
            }
        }
        drop(conversations);
        self.changed.notify_one();
    }

    /// Takes at most so many.
    pub fn take(&self, max: usize) -> Vec<ConversationId> {
        let mut conversations = self.lock();
        let taken: Vec<_> = conversations.iter().take(max).copied().collect();
        for id in &taken {
            conversations.remove(id);
        }
        taken
    }

    /// Ends after the next `note`, or at once after one that nobody has waited for.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Whether another comparison has to find what the last one has left out.
    pub fn has_left_out(&self) -> bool {
        self.is_partial.load(Relaxed) && self.lock().is_empty()
    }

    pub fn set_left_out(&self, is_partial: bool) {
        self.is_partial.store(is_partial, Relaxed);
    }

    pub fn lag(&self) -> i64 {
        self.lag.load(Relaxed)
    }

    pub fn set_lag(&self, lag: i64) {
        self.lag.store(lag, Relaxed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<ConversationId>> {
        self.conversations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
