//! Order checker of one receiver: counts sequence numbers that do not increase.

use super::deliveries::Deliveries;
use crate::payload::Protocol;
use std::sync::{Arc, atomic::Ordering::Relaxed};

pub struct OrderChecker {
    deliveries: Arc<Deliveries>,
    /// Sequence number of the last message that this receiver got.
    last_seq: u64,
    protocol: Protocol,
}

impl OrderChecker {
    pub fn new(deliveries: Arc<Deliveries>, protocol: Protocol) -> Self {
        Self {
            deliveries,
            last_seq: 0,
            protocol,
        }
    }

    /// Counts one received event, without parsing its JSON.
    pub fn receive(&mut self, name: &str, payload: &str) {
        let deliveries = &self.deliveries;
        let message = (name == self.protocol.created_event())
            .then(|| self.protocol.scan_message(payload, &deliveries.run))
            .flatten();
        let Some((seq, index)) = message else {
            deliveries.other_events.fetch_add(1, Relaxed);
            return;
        };
        // Bare socketioxide orders nothing.
        if self.protocol != Protocol::Bare && seq <= self.last_seq {
            deliveries.inversions.fetch_add(1, Relaxed);
        }
        self.last_seq = seq;
        deliveries.record_delivery(index);
    }
}
