//! Order checker of one receiver: counts sequence numbers that do not increase.

use super::deliveries::Deliveries;
use crate::payload::scan_message;
use std::sync::{Arc, atomic::Ordering::Relaxed};

pub struct OrderChecker {
    deliveries: Arc<Deliveries>,
    /// Sequence number of the last message that this receiver got.
    last_seq: u64,
    /// False for bare socketioxide, which orders nothing.
    checks_order: bool,
}

impl OrderChecker {
    pub fn new(deliveries: Arc<Deliveries>, checks_order: bool) -> Self {
        Self {
            deliveries,
            last_seq: 0,
            checks_order,
        }
    }

    /// Counts one received event, without parsing its JSON.
    pub fn receive(&mut self, name: &str, payload: &str) {
        let deliveries = &self.deliveries;
        let message = (name == "message:created")
            .then(|| scan_message(payload, &deliveries.run))
            .flatten();
        let Some((seq, index)) = message else {
            deliveries.other_events.fetch_add(1, Relaxed);
            return;
        };
        if self.checks_order && seq <= self.last_seq {
            deliveries.inversions.fetch_add(1, Relaxed);
        }
        self.last_seq = seq;
        deliveries.record_delivery(index);
    }
}
