//! `RenderQueue`: events that a contract renders with a query. A task of their own (`render_worker.rs`)
//! renders them, one after the other, so that nothing else waits for them; what follows in their
//! conversations waits behind them.

use super::contract::Contract;
use chat::{Audience, Delivery};
use model::ConversationId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::mpsc;

/// Deliveries that wait; at the limit the dispatcher waits, too.
const CAPACITY: usize = 4096;

pub type Queued = (ConversationId, Arc<Delivery>);

pub struct RenderQueue {
    queue: mpsc::Sender<Queued>,
    /// How many deliveries of each conversation wait or are being rendered.
    waiting: Mutex<HashMap<ConversationId, usize>>,
}

impl RenderQueue {
    pub fn new() -> (Self, mpsc::Receiver<Queued>) {
        let (queue, queued) = mpsc::channel(CAPACITY);
        let waiting = Mutex::default();
        (Self { queue, waiting }, queued)
    }

    /// The conversation of a delivery that has to wait its turn here.
    pub fn conversation_of<C: Contract>(&self, delivery: &Delivery) -> Option<ConversationId> {
        let Delivery::Emit {
            audience, event, ..
        } = delivery
        else {
            return None;
        };
        if C::renders_with_query(event) {
            return event.seq().map(|(id, _)| id);
        }
        let waiting = self.waiting();
        if waiting.is_empty() {
            return None;
        }
        let id = match (audience, event.seq()) {
            (_, Some((id, _))) => id,
            (Audience::Conversations(ids), None) if ids.len() == 1 => *ids.first()?,
            _ => return None,
        };
        waiting.contains_key(&id).then_some(id)
    }

    pub async fn push(&self, id: ConversationId, delivery: Arc<Delivery>) {
        *self.waiting().entry(id).or_default() += 1;
        // The error says that the gateway closes.
        let _ = self.queue.send((id, delivery)).await;
    }

    pub fn finish(&self, id: ConversationId) {
        let mut waiting = self.waiting();
        if let Some(count) = waiting.get_mut(&id) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&id);
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<ConversationId, usize>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
