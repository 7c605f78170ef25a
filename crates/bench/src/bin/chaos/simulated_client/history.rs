//! A client's own copy of a conversation, kept in the order of the sequence numbers.

use crate::observed::{ClientMessage, ConversationRecord};
use std::collections::{BTreeMap, HashMap};

/// A message as an event or an acknowledgement carries it.
#[derive(Clone, Debug)]
pub struct Change {
    pub message: ClientMessage,
    pub is_new: bool,
}

#[derive(Debug, Default)]
pub struct History {
    /// Every change up to this sequence number is applied.
    seq: i64,
    messages: HashMap<i64, HistoryEntry>,
    /// Changes after a gap, until the gap is filled. `None` stands for one that is not about a message.
    buffered: BTreeMap<i64, Option<Change>>,
    /// Highest sequence number of the live events of this connection.
    last_live_seq: i64,
    doubled: u64,
    inversions: u64,
}

#[derive(Debug)]
struct HistoryEntry {
    message: ClientMessage,
    /// When the message was first received, in microseconds of the run.
    received_at: u64,
}

impl History {
    pub fn starting_at(seq: i64) -> Self {
        Self {
            seq,
            ..Self::default()
        }
    }

    /// A new connection may repeat the events of the last one.
    pub fn on_connect(&mut self) {
        self.last_live_seq = 0;
    }

    /// Applies a live event as `docs/delivery.md` says, whatever it is about: one that is next in the
    /// sequence counts as that change, so that another under the same number is dropped.
    pub fn receive(&mut self, seq: i64, change: Option<Change>, now: u64) {
        if let Some(change) = &change {
            // Live events of a conversation come in one order. A known change may have come by `sync`.
            if seq < self.last_live_seq && !self.knows(seq, change) {
                self.inversions += 1;
            }
            if seq == self.last_live_seq && change.is_new {
                self.doubled += 1;
            }
        }
        self.last_live_seq = self.last_live_seq.max(seq);
        self.apply_in_order(seq, change, now);
    }

    /// Applies a change, or buffers it when changes before it are missing. An acknowledgement may be
    /// ahead of the events before it.
    pub fn apply_in_order(&mut self, seq: i64, change: Option<Change>, now: u64) {
        if seq > self.seq + 1 {
            self.buffered.entry(seq).or_insert(change);
        } else if seq > self.seq {
            self.apply(seq, change, now);
            self.apply_buffered(now);
        }
    }

    /// Applies an entry of a `sync`, which is complete up to its sequence number. `None` stands for a
    /// change that is not about a message.
    pub fn apply_synced(&mut self, seq: i64, change: Option<Change>, now: u64) {
        if seq > self.seq {
            self.apply(seq, change, now);
            self.apply_buffered(now);
        }
    }

    pub fn seq(&self) -> i64 {
        self.seq
    }

    pub fn is_behind(&self) -> bool {
        !self.buffered.is_empty()
    }

    pub fn record(&self) -> ConversationRecord {
        let messages = self.messages.values().map(|it| it.message.clone());
        ConversationRecord {
            messages: messages.collect(),
            doubled: self.doubled,
            inversions: self.inversions,
        }
    }

    /// The messages, each with the time at which it was first received.
    pub fn messages_received(&self) -> impl Iterator<Item = (&ClientMessage, u64)> {
        self.messages
            .values()
            .map(|it| (&it.message, it.received_at))
    }

    fn knows(&self, seq: i64, change: &Change) -> bool {
        let known = self.messages.get(&change.message.id);
        known.is_some_and(|it| it.message.seq >= seq)
    }

    fn apply(&mut self, seq: i64, change: Option<Change>, now: u64) {
        self.seq = seq;
        let Some(Change { message, .. }) = change else {
            return;
        };
        let entry = self
            .messages
            .entry(message.id)
            .or_insert_with(|| HistoryEntry {
                message: message.clone(),
                received_at: now,
            });
        entry.message = message;
    }

    fn apply_buffered(&mut self, now: u64) {
        while let Some(first) = self.buffered.first_entry()
            && *first.key() <= self.seq + 1
        {
            let (seq, change) = first.remove_entry();
            if seq > self.seq {
                self.apply(seq, change, now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, History};
    use crate::observed::ClientMessage;

    fn message(seq: i64) -> Change {
        Change {
            message: ClientMessage {
                id: seq * 10,
                position: seq - 1,
                seq,
                sender: 1,
                body: seq.to_string(),
            },
            is_new: true,
        }
    }

    fn seqs(history: &History) -> Vec<i64> {
        let mut seqs: Vec<_> = history.messages_received().map(|(it, _)| it.seq).collect();
        seqs.sort_unstable();
        seqs
    }

    #[test]
    fn a_gap_is_held_open_until_it_is_healed() {
        let mut history = History::starting_at(1);
        for seq in [2, 5, 6] {
            history.receive(seq, Some(message(seq)), 0);
        }
        assert_eq!(seqs(&history), [2]);
        assert!(history.is_behind());
        history.apply_synced(3, Some(message(3)), 0);
        history.apply_synced(4, None, 0);
        assert_eq!(seqs(&history), [2, 3, 5, 6]);
        assert!(!history.is_behind());
        assert_eq!(history.record().inversions, 0);
    }

    #[test]
    fn what_is_known_is_dropped_and_what_should_be_known_is_noted() {
        let mut history = History::starting_at(1);
        history.apply_synced(3, Some(message(3)), 0);
        history.receive(3, Some(message(3)), 0);
        assert_eq!((seqs(&history), history.record().doubled), (vec![3], 0));
        history.receive(3, Some(message(3)), 0);
        assert_eq!((seqs(&history), history.record().doubled), (vec![3], 1));
        history.receive(2, Some(message(2)), 0);
        assert_eq!(history.record().inversions, 1);
    }

    #[test]
    fn a_later_word_replaces_an_earlier_one() {
        let mut history = History::starting_at(1);
        history.receive(2, Some(message(2)), 7);
        let mut edit = message(2);
        (edit.message.seq, edit.message.body, edit.is_new) = (3, "new".to_owned(), false);
        history.receive(3, Some(edit), 9);
        let messages: Vec<_> = history.messages_received().collect();
        assert_eq!(messages.len(), 1);
        assert_eq!((messages[0].0.body.as_str(), messages[0].1), ("new", 7));
        history.on_connect();
        history.receive(3, Some(message(2)), 9);
        assert_eq!(history.record().inversions, 0);
    }

    #[test]
    fn whatever_is_next_in_the_sequence_counts_as_that_change() {
        let mut history = History::starting_at(1);
        history.receive(2, None, 0);
        history.receive(2, Some(message(2)), 0);
        history.receive(4, None, 0);
        history.receive(4, Some(message(4)), 0);
        history.receive(3, Some(message(3)), 0);
        assert_eq!((seqs(&history), history.seq()), (vec![3], 4));
    }
}
