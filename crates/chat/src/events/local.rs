//! `LocalBus`: the broadcast channel from the verbs to the gateways of this node.

use super::delivery::Delivery;
use model::{ConversationId, Event};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::Relaxed},
};
use tokio::sync::broadcast;

/// Deliveries that are kept for the slowest subscription. One that stays further behind gets
/// `Lagged` and loses the oldest.
const CAPACITY: usize = 65_536;

/// Cheap to clone; all clones publish to the same subscriptions.
#[derive(Clone)]
pub struct LocalBus {
    deliveries: broadcast::Sender<Arc<Delivery>>,
    /// The position of the newest announcement that was published here; 0 for none.
    announced: Arc<AtomicI64>,
}

impl Default for LocalBus {
    fn default() -> Self {
        Self {
            deliveries: broadcast::channel(CAPACITY).0,
            announced: Arc::default(),
        }
    }
}

impl LocalBus {
    pub fn publish(&self, delivery: Arc<Delivery>) {
        let announced = announced(&delivery);
        // The error says that there is no subscription, so nothing is lost.
        let _ = self.deliveries.send(delivery);
        if let Some(position) = announced {
            self.announced.fetch_max(position, Relaxed);
        }
    }

    /// The position of the newest announcement that the gateways of this node have got since the
    /// process began; 0 for none.
    pub fn announced(&self) -> i64 {
        self.announced.load(Relaxed)
    }

    pub fn subscribe(&self) -> Subscription {
        Subscription(self.deliveries.subscribe())
    }
}

/// The position of the announcement that the delivery emits, if it does.
fn announced(delivery: &Delivery) -> Option<i64> {
    match delivery {
        Delivery::Emit {
            event: Event::MessageCreated { message, .. },
            ..
        } if message.conversation_id == ConversationId::ANNOUNCEMENTS => Some(message.position),
        _ => None,
    }
}

/// The deliveries of this node from the time of subscribing on, in order.
pub struct Subscription(broadcast::Receiver<Arc<Delivery>>);

/// The subscription was too slow and lost this many deliveries: clients must resume by sequence.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} deliveries were missed")]
pub struct Lagged(pub u64);

impl Subscription {
    /// Waits for the next delivery; `None` when the chat has been dropped.
    pub async fn next(&mut self) -> Option<Result<Arc<Delivery>, Lagged>> {
        match self.0.recv().await {
            Ok(delivery) => Some(Ok(delivery)),
            Err(broadcast::error::RecvError::Lagged(count)) => Some(Err(Lagged(count))),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// The next delivery if there is one, without waiting.
    pub fn try_next(&mut self) -> Option<Result<Arc<Delivery>, Lagged>> {
        match self.0.try_recv() {
            Ok(delivery) => Some(Ok(delivery)),
            Err(broadcast::error::TryRecvError::Lagged(count)) => Some(Err(Lagged(count))),
            Err(_) => None,
        }
    }
}
