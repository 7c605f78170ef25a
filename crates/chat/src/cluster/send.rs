//! Sending a message to the other nodes, where there are any.

use super::message::BusMessage;
use crate::chat::Chat;

impl Chat {
    /// Queues the message for the other nodes, without waiting. Nothing without a cluster.
    pub(crate) fn send_to_nodes(&self, message: impl FnOnce() -> BusMessage) {
        if let Some(cluster) = self.0.bus.cluster() {
            cluster.send(message());
        }
    }
}
