//! One lane per conversation: what changes it happens one after the other on this node, from the
//! start of the transaction to the publishing of its event, so that everybody hears the changes in
//! the order of their sequence.

use crate::{Error, Result, figures::Queue};
use model::ConversationId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

type Lane = Arc<tokio::sync::Mutex<()>>;

#[derive(Clone, Default)]
pub struct Lanes {
    lanes: Arc<Mutex<HashMap<ConversationId, Lane>>>,
    pub work: Arc<Queue>,
}

impl Lanes {
    /// Runs the work when its turn comes, to its end even when the caller has gone: between
    /// commit and publish nothing may get lost.
    pub async fn run<T, F>(&self, conversation_id: ConversationId, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let lane = self.lane(conversation_id);
        let lanes = self.clone();
        tokio::spawn(async move {
            let result = lanes.work.count(lane.lock(), work).await;
            drop(lane);
            lanes.tidy(conversation_id);
            result
        })
        .await
        .map_err(Error::internal)?
    }

    fn lane(&self, conversation_id: ConversationId) -> Lane {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(conversation_id).or_default())
    }

    /// Forgets a lane that nobody stands in.
    fn tidy(&self, conversation_id: ConversationId) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes
            .get(&conversation_id)
            .is_some_and(|lane| Arc::strong_count(lane) == 1)
        {
            lanes.remove(&conversation_id);
        }
    }
}
