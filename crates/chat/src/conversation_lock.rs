//! Keyed async mutex: one lock per conversation, in this process.
//!
//! A change holds the lock of its conversation from the start of its transaction until its event is
//! published, so that this node publishes the changes of a conversation in the order of their seq.
//! It does not exclude other nodes: they are excluded by the row lock in Postgres, and
//! `cluster/sequencer.rs` puts their changes into the order of seq on each node.

use crate::{Error, Result, work_stats::counter::WorkCounter};
use model::ConversationId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::OwnedMutexGuard;

type ConversationMutex = Arc<tokio::sync::Mutex<()>>;

#[derive(Clone, Default)]
pub struct ConversationLocks {
    mutexes: Arc<Mutex<HashMap<ConversationId, ConversationMutex>>>,
    /// Counts every change that waits for a lock or runs under one.
    pub work: Arc<WorkCounter>,
}

/// The lock of one conversation; dropping the guard releases it.
pub struct LockGuard {
    pub conversation_id: ConversationId,
    locks: ConversationLocks,
    guard: Option<OwnedMutexGuard<()>>,
}

impl ConversationLocks {
    /// Runs the work under the lock of the conversation, in a task of its own: it runs to its end
    /// even when the caller is dropped, because nothing may get lost between commit and publish.
    pub async fn run_locked<T, F>(&self, conversation_id: ConversationId, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let locks = self.clone();
        tokio::spawn(async move { locks.work.count(locks.lock(conversation_id), work).await })
            .await
            .map_err(Error::internal)?
    }

    /// Waits for the lock. Waiters get it first in, first out (`tokio::sync::Mutex` is fair).
    pub async fn lock(&self, conversation_id: ConversationId) -> LockGuard {
        let guard = self.mutex(conversation_id).lock_owned().await;
        self.guard(conversation_id, guard)
    }

    /// The lock, if it is free and has no waiters.
    pub fn try_lock(&self, conversation_id: ConversationId) -> Option<LockGuard> {
        let guard = self.mutex(conversation_id).try_lock_owned().ok()?;
        Some(self.guard(conversation_id, guard))
    }

    fn guard(&self, conversation_id: ConversationId, guard: OwnedMutexGuard<()>) -> LockGuard {
        LockGuard {
            conversation_id,
            locks: self.clone(),
            guard: Some(guard),
        }
    }

    fn mutex(&self, conversation_id: ConversationId) -> ConversationMutex {
        Arc::clone(self.mutexes().entry(conversation_id).or_default())
    }

    /// Removes the mutex of a conversation that is neither held nor waited for.
    fn prune(&self, conversation_id: ConversationId) {
        let mut mutexes = self.mutexes();
        if mutexes
            .get(&conversation_id)
            .is_some_and(|mutex| Arc::strong_count(mutex) == 1)
        {
            mutexes.remove(&conversation_id);
        }
    }

    fn mutexes(&self) -> MutexGuard<'_, HashMap<ConversationId, ConversationMutex>> {
        self.mutexes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        self.guard.take();
        self.locks.prune(self.conversation_id);
    }
}
