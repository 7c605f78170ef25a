//! What a client wants to say: one message at a time in each conversation, under the same
//! `clientId` until it is acknowledged.

use crate::verdict::{Ack, Sent};
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// Within this after the first failure, within twice of it after the next, and so on.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

#[derive(Default)]
pub struct Outbox {
    /// All that was ever to be sent, in the order in which it was meant.
    sent: Vec<Sent>,
    /// By conversation, those that wait.
    waiting: BTreeMap<i64, VecDeque<Waiting>>,
    /// The conversations whose first message is on its way.
    on_the_way: BTreeMap<i64, usize>,
    /// Until then, nothing is sent.
    paused_until: Option<Instant>,
    failures: u32,
}

/// Places in `sent`: of what waits, and of the message that it edits.
struct Waiting {
    place: usize,
    edits: Option<usize>,
}

/// What is to be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub place: usize,
    pub conversation: i64,
    pub body: String,
    /// The message that the body is to replace.
    pub edits: Option<i64>,
}

impl Outbox {
    pub fn push(&mut self, conversation: i64, body: String) {
        self.add(conversation, body, None);
    }

    /// Edits what was pushed last, once it is there.
    pub fn push_edit(&mut self, body: impl FnOnce(&str) -> String) {
        if let Some(last) = self.sent.last()
            && !last.is_edit
        {
            let (conversation, body) = (last.conversation, body(&last.body));
            self.add(conversation, body, Some(self.sent.len() - 1));
        }
    }

    fn add(&mut self, conversation: i64, body: String, edits: Option<usize>) {
        let place = self.sent.len();
        self.sent.push(Sent {
            conversation,
            body,
            is_edit: edits.is_some(),
            left_at: None,
            ack: None,
        });
        let waiting = self.waiting.entry(conversation).or_default();
        waiting.push_back(Waiting { place, edits });
    }

    /// What can be sent now, and is on its way from now on.
    pub fn take_due(&mut self, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        if self.paused_until.is_some_and(|until| until > now) {
            return due;
        }
        for (conversation, waiting) in &self.waiting {
            if let Some(Waiting { place, edits }) = waiting.front()
                && !self.on_the_way.contains_key(conversation)
            {
                self.on_the_way.insert(*conversation, *place);
                self.sent[*place].left_at.get_or_insert(now);
                let edited = edits.and_then(|place| self.sent[place].ack);
                due.push(Due {
                    place: *place,
                    conversation: *conversation,
                    body: self.sent[*place].body.clone(),
                    edits: edited.map(|ack| ack.id),
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

    /// Later, and nothing before that time; whether it was written, nobody knows. What fails while
    /// all pauses already had the same cause: it is no other failure.
    pub fn postpone(&mut self, place: usize, least: Duration, chance: f64) {
        self.on_the_way.remove(&self.sent[place].conversation);
        let now = Instant::now();
        if self.paused_until.is_none_or(|until| until <= now) {
            let wait = least + backoff(self.failures, FIRST, LONGEST, chance);
            self.paused_until = Some(now + wait);
            self.failures += 1;
        }
    }

    /// The connection is gone, and with it what was on its way. It is tried again after the next.
    pub fn disconnect(&mut self) {
        self.failures = 0;
        self.on_the_way.clear();
        self.paused_until = None;
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.values().all(VecDeque::is_empty)
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
            waiting.retain(|it| it.place != place);
        }
    }
}

/// At a random moment within a time that is longer with each failure.
pub fn backoff(failures: u32, first: Duration, longest: Duration, chance: f64) -> Duration {
    let most = first.saturating_mul(1 << failures.min(16)).min(longest);
    most.mul_f64(chance)
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
