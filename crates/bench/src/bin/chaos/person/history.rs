//! A client's own copy of a conversation, kept in the order of the sequence.

use crate::verdict::{Kept, Record};
use std::collections::{BTreeMap, HashSet};

/// A change: a message, or something else that only takes its place in the sequence.
pub type Change = Option<Kept>;

#[derive(Debug, Default)]
pub struct History {
    /// All up to here is known.
    seq: i64,
    record: Record,
    ids: HashSet<i64>,
    /// What came after a gap, until the gap is healed.
    held: BTreeMap<i64, Change>,
    /// How often something was missing.
    pub gaps: u64,
}

impl History {
    pub fn starting_at(seq: i64) -> Self {
        Self {
            seq,
            ..Self::default()
        }
    }

    /// Takes what was told as it happened.
    pub fn hear(&mut self, seq: i64, change: Change) {
        if seq <= self.seq {
            // Known already, or it should have been.
            if change.is_some_and(|message| !self.ids.contains(&message.id)) {
                self.record.late += 1;
            }
        } else if seq == self.seq + 1 {
            self.take(seq, change);
            self.release();
        } else {
            if self.held.is_empty() {
                self.gaps += 1;
            }
            self.held.insert(seq, change);
        }
    }

    /// Takes what a `sync` answered, which has everything up to there.
    pub fn catch_up(&mut self, seq: i64, change: Change) {
        if seq > self.seq {
            self.take(seq, change);
            self.held.remove(&seq);
            self.release();
        }
    }

    pub fn seq(&self) -> i64 {
        self.seq
    }

    pub fn is_behind(&self) -> bool {
        !self.held.is_empty()
    }

    pub fn record(&self) -> &Record {
        &self.record
    }

    fn take(&mut self, seq: i64, change: Change) {
        self.seq = seq;
        if let Some(message) = change {
            self.ids.insert(message.id);
            self.record.messages.push(message);
        }
    }

    fn release(&mut self) {
        while let Some(first) = self.held.first_entry() {
            let seq = *first.key();
            if seq > self.seq + 1 {
                break;
            }
            let change = first.remove();
            if seq == self.seq + 1 {
                self.take(seq, change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, History};
    use crate::verdict::Kept;

    // Not the shape of the types matters here, but the optional parameter of the methods.
    #[allow(clippy::unnecessary_wraps)]
    fn message(seq: i64) -> Change {
        Some(Kept {
            id: seq * 10,
            position: seq - 1,
            seq,
            sender: 1,
            body: seq.to_string(),
        })
    }

    fn seqs(history: &History) -> Vec<i64> {
        history.record().messages.iter().map(|it| it.seq).collect()
    }

    #[test]
    fn a_gap_is_held_open_until_it_is_healed() {
        let mut history = History::starting_at(1);
        for seq in [2, 5, 6] {
            history.hear(seq, message(seq));
        }
        assert_eq!(seqs(&history), [2]);
        assert!(history.is_behind());
        history.catch_up(3, message(3));
        history.catch_up(4, None);
        assert_eq!(seqs(&history), [2, 3, 5, 6]);
        assert!(!history.is_behind());
        assert_eq!((history.seq(), history.gaps), (6, 1));
    }

    #[test]
    fn what_is_known_is_dropped_and_what_should_be_known_is_noted() {
        let mut history = History::starting_at(1);
        history.hear(2, message(2));
        history.hear(2, message(2));
        assert_eq!((seqs(&history), history.record().late), (vec![2], 0));
        history.catch_up(4, message(4));
        history.hear(3, message(3));
        assert_eq!((seqs(&history), history.record().late), (vec![2, 4], 1));
    }
}
