//! Outbox of a simulated client: one send at a time in each conversation, retried under the same
//! `clientId` until it is acknowledged.

use crate::observed::{Ack, Sent};
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// A failed send is retried at a random moment within this time, after the next failure within twice
/// of it, and so on up to the maximum.
const RETRY_DELAY: Duration = Duration::from_millis(500);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(30);

#[derive(Default)]
pub struct Outbox {
    /// Every send and edit of the run, in order; the index is part of the `clientId`.
    sent: Vec<Sent>,
    /// By conversation, what is not acknowledged yet.
    queues: BTreeMap<i64, VecDeque<Queued>>,
    /// By conversation, the send that waits for its acknowledgement.
    in_flight: BTreeMap<i64, usize>,
    /// Nothing is sent before this time.
    paused_until: Option<Instant>,
    failures: u32,
}

/// Indexes into `sent`: of the send, and of the message that it edits.
struct Queued {
    index: usize,
    edits: Option<usize>,
}

/// A send or an edit to emit now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub index: usize,
    pub conversation: i64,
    pub body: String,
    /// Id of the message to edit; `None` for a new message.
    pub edits: Option<i64>,
}

impl Outbox {
    pub fn push(&mut self, conversation: i64, body: String) {
        self.add(conversation, body, None);
    }

    /// Queues an edit of the message that was pushed last. An edit is not edited.
    pub fn push_edit(&mut self, body: impl FnOnce(&str) -> String) {
        if let Some(last) = self.sent.last()
            && !last.is_edit
        {
            let (conversation, body) = (last.conversation, body(&last.body));
            self.add(conversation, body, Some(self.sent.len() - 1));
        }
    }

    fn add(&mut self, conversation: i64, body: String, edits: Option<usize>) {
        let index = self.sent.len();
        self.sent.push(Sent {
            conversation,
            body,
            is_edit: edits.is_some(),
            emitted_at: None,
            ack: None,
        });
        let queue = self.queues.entry(conversation).or_default();
        queue.push_back(Queued { index, edits });
    }

    /// Returns the first send of each conversation that has none in flight, and marks it as in flight.
    pub fn take_due(&mut self, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        if self.paused_until.is_some_and(|until| until > now) {
            return due;
        }
        for (conversation, queue) in &self.queues {
            if let Some(Queued { index, edits }) = queue.front()
                && !self.in_flight.contains_key(conversation)
            {
                self.in_flight.insert(*conversation, *index);
                self.sent[*index].emitted_at.get_or_insert(now);
                let edited = edits.and_then(|index| self.sent[index].ack);
                due.push(Due {
                    index: *index,
                    conversation: *conversation,
                    body: self.sent[*index].body.clone(),
                    edits: edited.map(|ack| ack.id),
                });
            }
        }
        due
    }

    pub fn acknowledge(&mut self, index: usize, ack: Ack) {
        self.failures = 0;
        self.sent[index].ack = Some(ack);
        self.remove(index);
    }

    /// Drops a send that was refused for good.
    pub fn give_up(&mut self, index: usize) {
        self.remove(index);
    }

    /// Pauses the outbox for `least` and a random backoff, after which the send is tried again: it may
    /// or may not have been stored. A failure during the pause does not prolong it.
    pub fn postpone(&mut self, index: usize, least: Duration, chance: f64) {
        self.in_flight.remove(&self.sent[index].conversation);
        let now = Instant::now();
        if self.paused_until.is_none_or(|until| until <= now) {
            let wait = least + backoff(self.failures, RETRY_DELAY, MAX_RETRY_DELAY, chance);
            self.paused_until = Some(now + wait);
            self.failures += 1;
        }
    }

    /// The connection has ended: what was in flight is sent again over the next one.
    pub fn on_disconnect(&mut self) {
        self.failures = 0;
        self.in_flight.clear();
        self.paused_until = None;
    }

    pub fn is_empty(&self) -> bool {
        self.queues.values().all(VecDeque::is_empty)
    }

    pub fn sent(&self) -> &[Sent] {
        &self.sent
    }

    fn remove(&mut self, index: usize) {
        let conversation = self.sent[index].conversation;
        if self.in_flight.get(&conversation) == Some(&index) {
            self.in_flight.remove(&conversation);
        }
        if let Some(queue) = self.queues.get_mut(&conversation) {
            queue.retain(|it| it.index != index);
        }
    }
}

/// Exponential backoff with full jitter: `chance` times a span that doubles with each failure.
pub fn backoff(failures: u32, first: Duration, longest: Duration, chance: f64) -> Duration {
    let span = first.saturating_mul(1 << failures.min(16)).min(longest);
    span.mul_f64(chance)
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
        outbox.on_disconnect();
        assert_eq!(bodies(&mut outbox, now), ["a"]);
        outbox.postpone(0, Duration::from_secs(3), 0.0);
        assert!(bodies(&mut outbox, now).is_empty());
        assert_eq!(bodies(&mut outbox, now + Duration::from_secs(4)), ["a"]);
        assert!(!outbox.is_empty());
    }

    #[test]
    fn an_edit_comes_after_its_message_and_names_it() {
        let mut outbox = Outbox::default();
        let now = Instant::now();
        outbox.push(1, "a".to_owned());
        outbox.push_edit(|body| format!("{body} edited"));
        outbox.push_edit(|_| unreachable!("an edit is not edited"));
        assert_eq!(bodies(&mut outbox, now), ["a"]);
        outbox.acknowledge(0, ACK);
        let due = outbox.take_due(now);
        assert_eq!((due[0].body.as_str(), due[0].edits), ("a edited", Some(1)));
    }
}
