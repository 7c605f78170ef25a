//! `LocalBus`: the broadcast channel from the verbs to the gateways of this node.

use super::delivery::Delivery;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Deliveries that are kept for the slowest subscription. One that stays further behind gets
/// `Lagged` and loses the oldest.
const CAPACITY: usize = 65_536;

/// Cheap to clone; all clones publish to the same subscriptions.
#[derive(Clone)]
pub struct LocalBus(broadcast::Sender<Arc<Delivery>>);

impl Default for LocalBus {
    fn default() -> Self {
        Self(broadcast::channel(CAPACITY).0)
    }
}

impl LocalBus {
    pub fn publish(&self, delivery: Arc<Delivery>) {
        // The error says that there is no subscription, so nothing is lost.
        let _ = self.0.send(delivery);
    }

    pub fn subscribe(&self) -> Subscription {
        Subscription(self.0.subscribe())
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
