//! What a client wants to say: one message at a time in each conversation, under the same
//! `clientId` until it is acknowledged.

use crate::verdict::{Ack, Sent};
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// The first wait after a send that failed, and the longest.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

#[derive(Default)]
pub struct Outbox {
    /// All that was ever to be sent, in the order in which it was meant.
    sent: Vec<Sent>,
    /// By conversation, the places of those that wait in `sent`.
    waiting: BTreeMap<i64, VecDeque<usize>>,
    /// Of a conversation, when the first that waits may be tried again.
    not_before: BTreeMap<i64, Instant>,
    /// The conversations whose first message is on its way.
    on_the_way: BTreeMap<i64, usize>,
    failures: u32,
}

/// A message to be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub place: usize,
    pub conversation: i64,
    pub body: String,
}

impl Outbox {
    pub fn push(&mut self, conversation: i64, body: String) {
        let place = self.sent.len();
        self.sent.push(Sent {
            conversation,
            body,
            ack: None,
        });
        self.waiting
            .entry(conversation)
            .or_default()
            .push_back(place);
    }

    /// What can be sent now, and is on its way from now on.
    pub fn take_due(&mut self, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        for (conversation, waiting) in &self.waiting {
            let may = self
                .not_before
                .get(conversation)
                .is_none_or(|at| *at <= now);
            if let Some(place) = waiting.front()
                && may
                && !self.on_the_way.contains_key(conversation)
            {
                self.on_the_way.insert(*conversation, *place);
                due.push(Due {
                    place: *place,
                    conversation: *conversation,
                    body: self.sent[*place].body.clone(),
                });
            }
        }
        due
    }

    pub fn acknowledge(&mut self, place: usize, ack: Ack) {
        self.failures = 0;
        self.sent[place].ack = Some(ack);
        self.leave(place);
    }

    /// Refused for good: it is not tried again.
    pub fn give_up(&mut self, place: usize) {
        self.leave(place);
    }

    /// Later, and not before that time; whether it was written, nobody knows.
    pub fn postpone(&mut self, place: usize, least: Duration, chance: f64) {
        let conversation = self.sent[place].conversation;
        let wait = backoff(self.failures, FIRST, LONGEST, chance).max(least);
        self.failures += 1;
        self.not_before.insert(conversation, Instant::now() + wait);
        self.on_the_way.remove(&conversation);
    }

    /// The connection is gone, and with it what was on its way. It is tried again after the next.
    pub fn disconnect(&mut self) {
        self.failures = 0;
        self.on_the_way.clear();
        self.not_before.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.values().all(VecDeque::is_empty)
    }

    pub fn depth(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    pub fn sent(&self) -> &[Sent] {
        &self.sent
    }

    fn leave(&mut self, place: usize) {
        let conversation = self.sent[place].conversation;
        if self.on_the_way.get(&conversation) == Some(&place) {
            self.on_the_way.remove(&conversation);
        }
        if let Some(waiting) = self.waiting.get_mut(&conversation) {
            waiting.retain(|it| *it != place);
        }
    }
}

/// Longer each time, and spread by chance between half of that and all of it.
pub fn backoff(failures: u32, first: Duration, longest: Duration, chance: f64) -> Duration {
    let full = first.saturating_mul(1 << failures.min(16)).min(longest);
    full.mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::{Ack, Outbox};
    use std::time::Duration;
    use tokio::time::Instant;

    const ACK: Ack = Ack {
        id: 1,
        position: 1,
        seq: 2,
        deduplicated: false,
    };

    fn bodies(outbox: &mut Outbox, now: Instant) -> Vec<String> {
        let due = outbox.take_due(now).into_iter();
        due.map(|it| it.body).collect()
    }

    #[test]
    fn one_at_a_time_in_each_conversation() {
        let mut outbox = Outbox::default();
        let now = Instant::now();
        for (conversation, body) in [(1, "a"), (1, "b"), (2, "c")] {
            outbox.push(conversation, body.to_owned());
        }
        assert_eq!(bodies(&mut outbox, now), ["a", "c"]);
        assert!(bodies(&mut outbox, now).is_empty());
        outbox.acknowledge(0, ACK);
        assert_eq!(bodies(&mut outbox, now), ["b"]);
        outbox.acknowledge(1, ACK);
        outbox.acknowledge(2, ACK);
        assert!(outbox.is_empty());
    }

    #[test]
    fn the_same_again_after_a_failure_or_a_new_connection() {
        let mut outbox = Outbox::default();
        let now = Instant::now();
        outbox.push(1, "a".to_owned());
        outbox.push(1, "b".to_owned());
        assert_eq!(bodies(&mut outbox, now), ["a"]);
        outbox.disconnect();
        assert_eq!(bodies(&mut outbox, now), ["a"]);
        outbox.postpone(0, Duration::from_secs(3), 0.0);
        assert!(bodies(&mut outbox, now).is_empty());
        assert_eq!(bodies(&mut outbox, now + Duration::from_secs(4)), ["a"]);
        assert_eq!(outbox.depth(), 2);
    }
}
