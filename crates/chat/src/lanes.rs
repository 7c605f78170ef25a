//! One lane per conversation: what changes it happens one after the other on this node, from the
//! start of the transaction to the publishing of its event, so that everybody hears the changes in
//! the order of their sequence.

use crate::{Error, Result, work_stats::WorkCounter};
use model::ConversationId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::OwnedMutexGuard;

type Lane = Arc<tokio::sync::Mutex<()>>;

#[derive(Clone, Default)]
pub struct Lanes {
    lanes: Arc<Mutex<HashMap<ConversationId, Lane>>>,
    pub work: Arc<WorkCounter>,
}

/// Whoever has it stands in the lane, alone, until this is dropped.
pub struct Turn {
    pub conversation_id: ConversationId,
    lanes: Lanes,
    lane: Option<OwnedMutexGuard<()>>,
}

impl Lanes {
    /// Runs the work when its turn comes, to its end even when the caller has gone: between
    /// commit and publish nothing may get lost.
    pub async fn run<T, F>(&self, conversation_id: ConversationId, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let lanes = self.clone();
        tokio::spawn(async move { lanes.work.count(lanes.enter(conversation_id), work).await })
            .await
            .map_err(Error::internal)?
    }

    /// The turns come in the order in which they were asked for.
    pub async fn enter(&self, conversation_id: ConversationId) -> Turn {
        let lane = self.lane(conversation_id).lock_owned().await;
        self.turn(conversation_id, lane)
    }

    /// A turn at once, where nobody stands in the lane or waits for it.
    pub fn try_enter(&self, conversation_id: ConversationId) -> Option<Turn> {
        let lane = self.lane(conversation_id).try_lock_owned().ok()?;
        Some(self.turn(conversation_id, lane))
    }

    fn turn(&self, conversation_id: ConversationId, lane: OwnedMutexGuard<()>) -> Turn {
        Turn {
            conversation_id,
            lanes: self.clone(),
            lane: Some(lane),
        }
    }

    fn lane(&self, conversation_id: ConversationId) -> Lane {
        Arc::clone(self.lock().entry(conversation_id).or_default())
    }

    /// Forgets a lane that nobody stands in.
    fn tidy(&self, conversation_id: ConversationId) {
        let mut lanes = self.lock();
        if lanes
            .get(&conversation_id)
            .is_some_and(|lane| Arc::strong_count(lane) == 1)
        {
            lanes.remove(&conversation_id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConversationId, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.lane.take();
        self.lanes.tidy(self.conversation_id);
    }
}
