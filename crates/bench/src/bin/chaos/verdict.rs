//! What was promised against what is there: acknowledged sends, the database, everybody's history.

use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

/// How many faults are told in words.
const TOLD: usize = 8;

/// A message as the database has it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub id: i64,
    pub conversation: i64,
    pub position: i64,
    pub created_seq: i64,
    pub sender: i64,
    pub body: String,
}

/// Where the database says that a conversation stands.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub conversation: i64,
    pub position: i64,
    pub seq: i64,
}

/// A send, and what was said to its sender. The body is of this send alone.
#[derive(Clone, Debug)]
pub struct Sent {
    pub conversation: i64,
    pub body: String,
    pub ack: Option<Ack>,
}

#[derive(Clone, Copy, Debug)]
pub struct Ack {
    pub id: i64,
    pub position: i64,
    pub seq: i64,
    pub deduplicated: bool,
}

/// A message as one client has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: i64,
    pub position: i64,
    pub seq: i64,
    pub sender: i64,
    pub body: String,
}

/// What one client has of one conversation, in the order in which it took it.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub messages: Vec<Kept>,
    /// Told after the client had been told of what came later.
    pub late: u64,
}

/// All that one client can tell.
#[derive(Clone, Debug, Default)]
pub struct Testimony {
    pub name: String,
    pub user: i64,
    /// In the order in which they were meant.
    pub sent: Vec<Sent>,
    pub refused: Vec<String>,
    pub records: BTreeMap<i64, Record>,
}

#[derive(Clone, Debug, Default)]
pub struct Evidence {
    pub stored: Vec<Stored>,
    pub heads: Vec<Head>,
    pub people: Vec<Testimony>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    pub acknowledged: u64,
    /// Acknowledged on a second try, of what the first had already written.
    pub deduplicated: u64,
    pub stored: u64,
    /// Acknowledged, and not in the database as it was acknowledged.
    pub lost: u64,
    /// Sent once, and in the database or in a history twice.
    pub doubled: u64,
    /// Positions and seqs that the database does not have.
    pub holes: u64,
    /// Against the order of the sequence in a history, or against the sender's in the database.
    pub inversions: u64,
    /// In the database, and not, or otherwise, in a member's history.
    pub missing: u64,
    /// In the database or in a history, and sent by nobody.
    pub strays: u64,
    /// Sent, and never acknowledged.
    pub unsettled: u64,
    /// Refused for good, though nothing was wrong with them.
    pub refused: u64,
    pub faults: Vec<String>,
}

impl Verdict {
    pub fn of(evidence: &Evidence) -> Self {
        let mut verdict = Self {
            stored: count(evidence.stored.len()),
            ..Self::default()
        };
        let by_id: HashMap<i64, &Stored> = evidence.stored.iter().map(|it| (it.id, it)).collect();
        verdict.judge_database(evidence);
        for person in &evidence.people {
            verdict.judge_sends(person, &by_id);
            for (conversation, record) in &person.records {
                verdict.judge_record(&person.name, *conversation, record, evidence);
            }
        }
        verdict
    }

    pub fn is_good(&self) -> bool {
        let Self {
            lost,
            doubled,
            holes,
            inversions,
            missing,
            strays,
            unsettled,
            refused,
            ..
        } = self;
        [
            lost, doubled, holes, inversions, missing, strays, unsettled, refused,
        ]
        .iter()
        .all(|count| **count == 0)
    }

    fn judge_database(&mut self, evidence: &Evidence) {
        let mut meant: HashSet<(i64, i64, &str)> = HashSet::new();
        for person in &evidence.people {
            let sent = person.sent.iter();
            meant.extend(sent.map(|it| (it.conversation, person.user, it.body.as_str())));
        }
        let mut seen = HashSet::new();
        for it in &evidence.stored {
            let words = (it.conversation, it.sender, it.body.as_str());
            if !seen.insert(words) {
                self.doubled += 1;
                self.fault(format!("stored twice: {it:?}"));
            }
            if !meant.contains(&words) {
                self.strays += 1;
                self.fault(format!("stored, but sent by nobody: {it:?}"));
            }
        }
        for head in &evidence.heads {
            let mine = evidence
                .stored
                .iter()
                .filter(|it| it.conversation == head.conversation);
            let (mut positions, mut seqs): (Vec<_>, Vec<_>) =
                mine.map(|it| (it.position, it.created_seq)).unzip();
            positions.sort_unstable();
            seqs.sort_unstable();
            // The first seq is that of the conversation itself; all others are messages here.
            self.count_holes("positions", head.conversation, &positions, 1, head.position);
            self.count_holes("seqs", head.conversation, &seqs, 2, head.seq);
        }
    }

    fn count_holes(
        &mut self,
        what: &str,
        conversation: i64,
        sorted: &[i64],
        first: i64,
        last: i64,
    ) {
        let found: HashSet<_> = sorted.iter().copied().collect();
        let missing: Vec<_> = (first..=last).filter(|it| !found.contains(it)).collect();
        let beyond = found
            .iter()
            .filter(|it| !(first..=last).contains(*it))
            .count();
        let twice = sorted.len() - found.len();
        let wrong = missing.len() + beyond + twice;
        if wrong > 0 {
            self.holes += count(wrong);
            let some = &missing[..missing.len().min(5)];
            self.fault(format!(
                "{what} of conversation {conversation}, {first} to {last}: {some:?} and others are missing, \
                 {beyond} beyond, {twice} twice"
            ));
        }
    }

    fn judge_sends(&mut self, person: &Testimony, by_id: &HashMap<i64, &Stored>) {
        let mut last: HashMap<i64, i64> = HashMap::new();
        for sent in &person.sent {
            let Some(ack) = sent.ack else {
                self.unsettled += 1;
                self.fault(format!("never acknowledged to {}: {sent:?}", person.name));
                continue;
            };
            self.acknowledged += 1;
            self.deduplicated += u64::from(ack.deduplicated);
            let is_there = by_id.get(&ack.id).is_some_and(|it| {
                (it.conversation, it.sender, it.position, it.created_seq)
                    == (sent.conversation, person.user, ack.position, ack.seq)
                    && it.body == sent.body
            });
            if !is_there {
                self.lost += 1;
                self.fault(format!(
                    "acknowledged to {}, not stored: {sent:?}",
                    person.name
                ));
            }
            let before = last.insert(sent.conversation, ack.position);
            if before.is_some_and(|before| before >= ack.position) {
                self.inversions += 1;
                self.fault(format!("{} sent this later: {sent:?}", person.name));
            }
        }
        self.refused += count(person.refused.len());
        for refusal in &person.refused {
            self.fault(format!("refused to {}: {refusal}", person.name));
        }
    }

    fn judge_record(&mut self, name: &str, conversation: i64, record: &Record, all: &Evidence) {
        let mut kept: HashMap<i64, &Kept> = HashMap::new();
        let mut last = 0;
        for it in &record.messages {
            if kept.insert(it.id, it).is_some() {
                self.doubled += 1;
                self.fault(format!("{name} has this twice: {it:?}"));
            }
            if it.seq <= last {
                self.inversions += 1;
                self.fault(format!("{name} was told of {last} before this: {it:?}"));
            }
            last = it.seq;
        }
        self.inversions += record.late;
        if record.late > 0 {
            let late = record.late;
            self.fault(format!(
                "{name} was told {late} events of {conversation} too late"
            ));
        }
        for stored in all
            .stored
            .iter()
            .filter(|it| it.conversation == conversation)
        {
            let same = kept.remove(&stored.id).is_some_and(|it| {
                (it.position, it.seq, it.sender, &it.body)
                    == (
                        stored.position,
                        stored.created_seq,
                        stored.sender,
                        &stored.body,
                    )
            });
            if !same {
                self.missing += 1;
                self.fault(format!("{name} does not have this: {stored:?}"));
            }
        }
        for it in kept.values() {
            self.strays += 1;
            self.fault(format!("{name} has what is not stored: {it:?}"));
        }
    }

    fn fault(&mut self, words: String) {
        if self.faults.len() < TOLD {
            self.faults.push(words);
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            acknowledged,
            deduplicated,
            lost,
            doubled,
            holes,
            inversions,
            missing,
            strays,
            unsettled,
            refused,
            ..
        } = self;
        write!(
            f,
            "{acknowledged} acknowledged ({deduplicated} on a retry): {lost} lost, {doubled} doubled, {holes} holes, \
             {inversions} inversions, {missing} missing, {strays} strays, {unsettled} unsettled, {refused} refused"
        )
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
