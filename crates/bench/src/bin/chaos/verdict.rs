//! What was promised against what is there: acknowledged sends, the database, everybody's history.

use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};
use tokio::time::Instant;

/// How many faults are told in words.
const TOLD: usize = 8;

/// A message as the database has it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub id: i64,
    pub conversation: i64,
    pub position: i64,
    pub created_seq: i64,
    /// That of its last change.
    pub seq: i64,
    pub sender: i64,
    pub body: String,
}

/// Where the database says that a conversation stands.
#[derive(Clone, Copy, Debug)]
pub struct ConversationSummary {
    pub conversation: i64,
    pub position: i64,
    pub seq: i64,
    /// How often a message of it was edited.
    pub edits: i64,
}

/// What somebody did, and what was said to them about it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub conversation: i64,
    /// Its first word is of this message alone, and stays when it is edited.
    pub body: String,
    /// A message is edited once at most, after it was sent.
    pub is_edit: bool,
    /// When it left the client for the first time.
    pub left_at: Option<Instant>,
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

/// What one client has of one conversation.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub messages: Vec<Kept>,
    /// Created twice, as far as this client was told.
    pub doubled: u64,
    /// Told after something that came later in the sequence.
    pub inversions: u64,
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
    pub heads: Vec<ConversationSummary>,
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
    /// Positions and seqs that the database counts, and nothing has.
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
            meant.extend(sent.map(|it| (it.conversation, person.user, first_word(&it.body))));
        }
        let mut seen = HashSet::new();
        for it in &evidence.stored {
            let message = (it.conversation, it.sender, first_word(&it.body));
            if !seen.insert(message) {
                self.doubled += 1;
                self.fault(format!("stored twice: {it:?}"));
            }
            if !meant.contains(&message) {
                self.strays += 1;
                self.fault(format!("stored, but sent by nobody: {it:?}"));
            }
        }
        for head in &evidence.heads {
            let mine = evidence.stored.iter();
            let mine: Vec<_> = mine
                .filter(|it| it.conversation == head.conversation)
                .collect();
            self.judge_sequence(head, &mine);
        }
    }

    /// Positions count the messages, seqs the changes, and neither leaves a number out.
    fn judge_sequence(&mut self, head: &ConversationSummary, messages: &[&Stored]) {
        let positions: BTreeSet<_> = messages.iter().map(|it| it.position).collect();
        let missing = (1..=head.position).filter(|it| !positions.contains(it));
        let beyond = positions.range(head.position + 1..);
        let holes = missing.count() + beyond.count() + (messages.len() - positions.len());
        // The first seq is that of the conversation's own making.
        let changes = 1 + signed(messages.len()) + head.edits;
        let uncounted = head.seq.abs_diff(changes);
        let in_order = messages.windows(2).all(|pair| {
            let one_then_other = pair[0].position < pair[1].position;
            one_then_other == (pair[0].created_seq < pair[1].created_seq)
        });
        let wrong = count(holes) + uncounted + u64::from(!in_order);
        if wrong > 0 {
            self.holes += wrong;
            self.fault(format!(
                "{head:?} has {} messages: {holes} positions are wrong, {uncounted} seqs; \
                 in the same order: {in_order}",
                messages.len()
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
                let (seq, same_words) = if sent.is_edit {
                    (it.seq, it.body == sent.body)
                } else {
                    (
                        it.created_seq,
                        first_word(&it.body) == first_word(&sent.body),
                    )
                };
                same_words
                    && (it.conversation, it.sender, it.position, seq)
                        == (sent.conversation, person.user, ack.position, ack.seq)
            });
            if !is_there {
                self.lost += 1;
                let stored = by_id.get(&ack.id);
                self.fault(format!(
                    "acknowledged to {}: {sent:?}; stored: {stored:?}",
                    person.name
                ));
            }
            if !sent.is_edit {
                let before = last.insert(sent.conversation, ack.position);
                if before.is_some_and(|before| before >= ack.position) {
                    self.inversions += 1;
                    self.fault(format!("{} sent this later: {sent:?}", person.name));
                }
            }
        }
        self.refused += count(person.refused.len());
        for refusal in &person.refused {
            self.fault(format!("refused to {}: {refusal}", person.name));
        }
    }

    fn judge_record(&mut self, name: &str, conversation: i64, record: &Record, all: &Evidence) {
        self.doubled += record.doubled;
        self.inversions += record.inversions;
        if record.doubled + record.inversions > 0 {
            let Record {
                doubled,
                inversions,
                ..
            } = record;
            self.fault(format!(
                "{name} was told {doubled} messages of {conversation} twice, {inversions} too late"
            ));
        }
        let mut kept: HashMap<i64, &Kept> = HashMap::new();
        for it in &record.messages {
            if kept.insert(it.id, it).is_some() {
                self.doubled += 1;
                self.fault(format!("{name} has this twice: {it:?}"));
            }
        }
        let stored = all.stored.iter();
        for stored in stored.filter(|it| it.conversation == conversation) {
            let kept = kept.remove(&stored.id);
            let same = kept.is_some_and(|it| {
                (it.position, it.seq, it.sender, &it.body)
                    == (stored.position, stored.seq, stored.sender, &stored.body)
            });
            if !same {
                self.missing += 1;
                self.fault(format!("{name} has {kept:?} instead of {stored:?}"));
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

/// What tells one message from all others.
fn first_word(body: &str) -> &str {
    body.split_once(' ').map_or(body, |(first, _)| first)
}

fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
