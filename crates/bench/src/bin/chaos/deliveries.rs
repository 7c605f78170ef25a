//! Deliveries: when each message was sent, and when each other client received it.

use crate::{
    home_node::home_node,
    simulated_client::{History, SimulatedClient},
};
use hdrhistogram::Histogram;
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

/// One message at one receiver. Times are microseconds of the run.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub sender: usize,
    pub receiver: usize,
    pub sent_at: u64,
    pub received_at: u64,
}

impl Delivery {
    pub fn latency(&self) -> Duration {
        Duration::from_micros(self.received_at.saturating_sub(self.sent_at))
    }

    /// Whether sender and receiver have the same home node, out of so many nodes.
    pub fn is_local(&self, nodes: usize) -> bool {
        home_node(self.sender, nodes) == home_node(self.receiver, nodes)
    }
}

/// Deliveries of the messages that were sent in `from..until`, in microseconds since `started`.
pub fn between(
    clients: &[SimulatedClient],
    started: Instant,
    from: u64,
    until: u64,
) -> Vec<Delivery> {
    let mut sends = HashMap::new();
    for (sender, client) in clients.iter().enumerate() {
        for sent in client.state().outbox.sent() {
            if let (Some(ack), Some(sent_at), false) = (sent.ack, sent.emitted_at, sent.is_edit) {
                let sent_at = sent_at.saturating_duration_since(started).as_micros();
                let sent_at = u64::try_from(sent_at).unwrap_or(u64::MAX);
                if (from..until).contains(&sent_at) {
                    sends.insert(ack.id, (sender, sent_at));
                }
            }
        }
    }
    let mut deliveries = Vec::new();
    for (receiver, client) in clients.iter().enumerate() {
        let state = client.state();
        for (message, received_at) in state
            .histories
            .values()
            .flat_map(History::messages_received)
        {
            if let Some(&(sender, sent_at)) = sends.get(&message.id)
                && sender != receiver
            {
                deliveries.push(Delivery {
                    sender,
                    receiver,
                    sent_at,
                    received_at,
                });
            }
        }
    }
    deliveries
}

/// 99th percentile of the latencies.
pub fn p99<'a>(deliveries: impl IntoIterator<Item = &'a Delivery>) -> Duration {
    quantile(deliveries, 0.99)
}

pub fn quantile<'a>(deliveries: impl IntoIterator<Item = &'a Delivery>, quantile: f64) -> Duration {
    let mut latencies = Histogram::<u64>::new(3).expect("three digits are allowed");
    for delivery in deliveries {
        let latency = u64::try_from(delivery.latency().as_micros()).unwrap_or(u64::MAX);
        // The histogram resizes itself; recording fails only beyond the range of u64.
        let _ = latencies.record(latency);
    }
    Duration::from_micros(latencies.value_at_quantile(quantile))
}

/// `part` in percent of `whole`; NaN if that is zero.
pub fn percent(part: usize, whole: usize) -> f64 {
    let [part, whole] = [part, whole].map(|it| u32::try_from(it).map_or(f64::MAX, f64::from));
    if whole > 0.0 {
        part / whole * 100.0
    } else {
        f64::NAN
    }
}
