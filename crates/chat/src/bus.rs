//! Event bus: where verbs publish, on one node or on a cluster.

use crate::{
    cluster::Cluster,
    events::{ChangeSet, Delivery, LocalBus, Subscription},
};
use std::sync::Arc;

/// Delivers to the gateways of this node without waiting for Redis, and then to the other nodes
/// where there are any. In a cluster, a change behind a gap in its conversation's seq waits up to
/// `gap_grace` and for the repair of the gap, whichever node committed it.
pub struct Bus {
    local: LocalBus,
    cluster: Option<Arc<Cluster>>,
}

impl Bus {
    /// Without a cluster: deliveries go straight to the subscriptions of this process.
    pub fn single_node() -> Self {
        Self {
            local: LocalBus::default(),
            cluster: None,
        }
    }

    pub fn clustered(cluster: Arc<Cluster>) -> Self {
        Self {
            local: cluster.local_bus().clone(),
            cluster: Some(cluster),
        }
    }

    /// Publishes one delivery. To be called after commit only.
    pub fn publish(&self, delivery: Delivery) {
        match &self.cluster {
            None => self.local.publish(Arc::new(delivery)),
            Some(cluster) => cluster.publish(ChangeSet::of(vec![delivery])),
        }
    }

    /// Publishes the deliveries of one change in order. Deliveries of other conversations, and
    /// unsequenced ones, may come in between. To be called after commit only.
    pub fn publish_all(&self, deliveries: Vec<Delivery>) {
        match &self.cluster {
            None => deliveries
                .into_iter()
                .for_each(|it| self.local.publish(Arc::new(it))),
            Some(cluster) => cluster.publish(ChangeSet::of(deliveries)),
        }
    }

    /// Publishes to this node only, for what every node finds out by itself: presence and typing.
    pub fn publish_local(&self, delivery: Delivery) {
        self.local.publish(Arc::new(delivery));
    }

    /// See `LocalBus::announced`.
    pub fn announced(&self) -> i64 {
        self.local.announced()
    }

    pub fn cluster(&self) -> Option<&Arc<Cluster>> {
        self.cluster.as_ref()
    }

    pub fn subscribe(&self) -> Subscription {
        self.local.subscribe()
    }
}
