//! A client's own copy of a conversation, kept in the order of the sequence.

use crate::verdict::{Kept, Record};
use std::collections::{BTreeMap, HashMap};

/// What was told of a message.
#[derive(Clone, Debug)]
pub struct Change {
    pub message: Kept,
    pub is_new: bool,
}

#[derive(Debug, Default)]
pub struct History {
    /// All up to here is known.
    seq: i64,
    messages: HashMap<i64, Entry>,
    /// What came after a gap, until the gap is healed.
    held: BTreeMap<i64, Change>,
    /// The last seq that this connection has told as it happened.
    told: i64,
    doubled: u64,
    inversions: u64,
}

#[derive(Debug)]
struct Entry {
    message: Kept,
    /// In microseconds of the run.
    heard_at: u64,
}

impl History {
    pub fn starting_at(seq: i64) -> Self {
        Self {
            seq,
            ..Self::default()
        }
    }

    /// Another connection begins: it may tell again what the last one told.
    pub fn connect(&mut self) {
        self.told = 0;
    }

    /// Takes what was told as it happened.
    pub fn hear(&mut self, seq: i64, change: Change, now: u64) {
        // Everybody hears a conversation in one order. What is known already, a `sync` may have told.
        if seq < self.told && !self.knows(seq, &change) {
            self.inversions += 1;
        }
        if seq == self.told && change.is_new {
            self.doubled += 1;
        }
        self.told = self.told.max(seq);
        self.take_in_turn(seq, change, now);
    }

    /// Takes what an acknowledgement tells, which may be ahead of the events before it.
    pub fn take_in_turn(&mut self, seq: i64, change: Change, now: u64) {
        if seq > self.seq + 1 {
            self.held.insert(seq, change);
        } else if seq > self.seq {
            self.take(seq, change, now);
            self.release(now);
        }
    }

    /// Takes what a `sync` answered, which has everything up to there. What is no message only
    /// takes its place in the sequence.
    pub fn catch_up(&mut self, seq: i64, change: Option<Change>, now: u64) {
        if seq > self.seq {
            match change {
                Some(change) => self.take(seq, change, now),
                None => self.seq = seq,
            }
            self.release(now);
        }
    }

    pub fn seq(&self) -> i64 {
        self.seq
    }

    pub fn is_behind(&self) -> bool {
        !self.held.is_empty()
    }

    pub fn record(&self) -> Record {
        let messages = self.messages.values().map(|it| it.message.clone());
        Record {
            messages: messages.collect(),
            doubled: self.doubled,
            inversions: self.inversions,
        }
    }

    /// The messages, and when each was first heard of.
    pub fn heard(&self) -> impl Iterator<Item = (&Kept, u64)> {
        self.messages.values().map(|it| (&it.message, it.heard_at))
    }

    fn knows(&self, seq: i64, change: &Change) -> bool {
        let known = self.messages.get(&change.message.id);
        known.is_some_and(|it| it.message.seq >= seq)
    }

    fn take(&mut self, seq: i64, change: Change, now: u64) {
        self.seq = seq;
        let message = change.message;
        let entry = self.messages.entry(message.id).or_insert_with(|| Entry {
            message: message.clone(),
            heard_at: now,
        });
        entry.message = message;
    }

    fn release(&mut self, now: u64) {
        while let Some(first) = self.held.first_entry()
            && *first.key() <= self.seq + 1
        {
            let (seq, change) = first.remove_entry();
            if seq > self.seq {
                self.take(seq, change, now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, History};
    use crate::verdict::Kept;

    fn message(seq: i64) -> Change {
        Change {
            message: Kept {
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
        let mut seqs: Vec<_> = history.heard().map(|(it, _)| it.seq).collect();
        seqs.sort_unstable();
        seqs
    }

    #[test]
    fn a_gap_is_held_open_until_it_is_healed() {
        let mut history = History::starting_at(1);
        for seq in [2, 5, 6] {
            history.hear(seq, message(seq), 0);
        }
        assert_eq!(seqs(&history), [2]);
        assert!(history.is_behind());
        history.catch_up(3, Some(message(3)), 0);
        history.catch_up(4, None, 0);
        assert_eq!(seqs(&history), [2, 3, 5, 6]);
        assert!(!history.is_behind());
        assert_eq!(history.record().inversions, 0);
    }

    #[test]
    fn what_is_known_is_dropped_and_what_should_be_known_is_noted() {
        let mut history = History::starting_at(1);
        history.catch_up(3, Some(message(3)), 0);
        history.hear(3, message(3), 0);
        assert_eq!((seqs(&history), history.record().doubled), (vec![3], 0));
        history.hear(3, message(3), 0);
        assert_eq!((seqs(&history), history.record().doubled), (vec![3], 1));
        history.hear(2, message(2), 0);
        assert_eq!(history.record().inversions, 1);
    }

    #[test]
    fn a_later_word_replaces_an_earlier_one() {
        let mut history = History::starting_at(1);
        history.hear(2, message(2), 7);
        let mut edit = message(2);
        (edit.message.seq, edit.message.body, edit.is_new) = (3, "new".to_owned(), false);
        history.hear(3, edit, 9);
        let kept: Vec<_> = history.heard().collect();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].0.body.as_str(), kept[0].1), ("new", 7));
        history.connect();
        history.hear(3, message(2), 9);
        assert_eq!(history.record().inversions, 0);
    }
}
