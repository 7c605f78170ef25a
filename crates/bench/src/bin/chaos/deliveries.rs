//! When each message was sent, and when each of the others heard it.

use crate::{
    person::{History, Person},
    town::node_of,
};
use hdrhistogram::Histogram;
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

/// Times are microseconds of the run.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub sender: usize,
    pub listener: usize,
    pub sent_at: u64,
    pub heard_at: u64,
}

impl Delivery {
    pub fn took(&self) -> Duration {
        Duration::from_micros(self.heard_at.saturating_sub(self.sent_at))
    }

    /// Whether both are at home at the same of so many nodes.
    pub fn is_local(&self, nodes: usize) -> bool {
        node_of(self.sender, nodes) == node_of(self.listener, nodes)
    }
}

/// All that left their senders from one moment on and before another, in a run that began then.
pub fn between(people: &[Person], started: Instant, from: u64, until: u64) -> Vec<Delivery> {
    let mut departures = HashMap::new();
    for (sender, person) in people.iter().enumerate() {
        for sent in person.state().outbox.sent() {
            if let (Some(ack), Some(left_at), false) = (sent.ack, sent.left_at, sent.is_edit) {
                let left_at = left_at.saturating_duration_since(started).as_micros();
                let left_at = u64::try_from(left_at).unwrap_or(u64::MAX);
                if (from..until).contains(&left_at) {
                    departures.insert(ack.id, (sender, left_at));
                }
            }
        }
    }
    let mut deliveries = Vec::new();
    for (listener, person) in people.iter().enumerate() {
        let state = person.state();
        for (message, heard_at) in state.histories.values().flat_map(History::heard) {
            if let Some(&(sender, sent_at)) = departures.get(&message.id)
                && sender != listener
            {
                deliveries.push(Delivery {
                    sender,
                    listener,
                    sent_at,
                    heard_at,
                });
            }
        }
    }
    deliveries
}

/// What 99 of 100 did not exceed.
pub fn p99<'a>(deliveries: impl IntoIterator<Item = &'a Delivery>) -> Duration {
    quantile(deliveries, 0.99)
}

pub fn quantile<'a>(deliveries: impl IntoIterator<Item = &'a Delivery>, of: f64) -> Duration {
    let mut times = Histogram::<u64>::new(3).expect("three digits are allowed");
    for delivery in deliveries {
        let took = u64::try_from(delivery.took().as_micros()).unwrap_or(u64::MAX);
        // It grows with what it is given; only a time beyond all times is refused.
        let _ = times.record(took);
    }
    Duration::from_micros(times.value_at_quantile(of))
}
