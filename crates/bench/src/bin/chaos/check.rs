//! History checker: compares acknowledged sends, the database and every client's history.

mod told;

use crate::observed::{
    ClientMessage, ClientRecord, ConversationRecord, ConversationSummary, Observed, Sent,
    StoredMessage,
};
use serde::Serialize;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
};

/// How many violations are described in words; all of them are counted.
const MAX_DESCRIBED: usize = 8;

#[derive(Clone, Debug, Default, Serialize)]
pub struct CheckResult {
    pub acknowledged: u64,
    /// Acknowledged as a retry of what was already stored.
    pub deduplicated: u64,
    pub stored: u64,
    /// Acknowledged, and not in the database as it was acknowledged.
    pub lost: u64,
    /// Sent once, and in the database or in a history twice.
    pub doubled: u64,
    /// Positions and sequence numbers that the database counts and no message has.
    pub holes: u64,
    /// Against the order of the sequence in a history, or against the sender's in the database.
    pub inversions: u64,
    /// In the database, and absent from or different in a member's history.
    pub missing: u64,
    /// In the database or in a history, and sent by nobody.
    pub strays: u64,
    /// Told live, and not in the feed under that sequence number: it did not happen. Also the beginning
    /// of a conversation, told to those who have long been members.
    pub made_up: u64,
    /// Told live after a later change of the same conversation, over the same connection. Also a
    /// summary in `ready` that is behind what its client has.
    pub backwards: u64,
    /// Sent, and never acknowledged.
    pub unsettled: u64,
    /// Refused for good, though nothing was wrong with them.
    pub refused: u64,
    /// The first violations in words.
    #[serde(rename = "faults")]
    pub violations: Vec<String>,
}

impl CheckResult {
    pub fn of(observed: &Observed) -> Self {
        let mut result = Self {
            stored: count(observed.stored.len()),
            ..Self::default()
        };
        let by_id: HashMap<i64, &StoredMessage> =
            observed.stored.iter().map(|it| (it.id, it)).collect();
        result.check_database(observed);
        for client in &observed.clients {
            result.check_sends(client, &by_id);
            for (conversation, record) in &client.records {
                result.check_history(&client.name, *conversation, record, observed);
            }
        }
        result.check_told(observed);
        result
    }

    pub fn is_good(&self) -> bool {
        let Self {
            lost,
            doubled,
            holes,
            inversions,
            missing,
            strays,
            made_up,
            backwards,
            unsettled,
            refused,
            ..
        } = self;
        [
            lost, doubled, holes, inversions, missing, strays, made_up, backwards, unsettled,
            refused,
        ]
        .iter()
        .all(|count| **count == 0)
    }

    fn check_database(&mut self, observed: &Observed) {
        let mut meant: HashSet<(i64, i64, &str)> = HashSet::new();
        for client in &observed.clients {
            let sent = client.sent.iter();
            meant.extend(sent.map(|it| (it.conversation, client.user, first_word(&it.body))));
        }
        let mut seen = HashSet::new();
        for it in &observed.stored {
            let message = (it.conversation, it.sender, first_word(&it.body));
            if !seen.insert(message) {
                self.doubled += 1;
                self.violation(format!("stored twice: {it:?}"));
            }
            if !meant.contains(&message) {
                self.strays += 1;
                self.violation(format!("stored, but sent by nobody: {it:?}"));
            }
        }
        for summary in &observed.summaries {
            let messages = observed.stored.iter();
            let messages: Vec<_> = messages
                .filter(|it| it.conversation == summary.conversation)
                .collect();
            self.check_sequence(summary, &messages);
        }
    }

    /// Positions count the messages, sequence numbers the changes, and neither leaves one out.
    fn check_sequence(&mut self, summary: &ConversationSummary, messages: &[&StoredMessage]) {
        let positions: BTreeSet<_> = messages.iter().map(|it| it.position).collect();
        let missing = (1..=summary.position).filter(|it| !positions.contains(it));
        let beyond = positions.range(summary.position + 1..);
        let holes = missing.count() + beyond.count() + (messages.len() - positions.len());
        // The first change is the creation of the conversation.
        let changes = 1 + signed(messages.len()) + summary.edits;
        let uncounted = summary.seq.abs_diff(changes);
        let in_order = messages.windows(2).all(|pair| {
            let one_then_other = pair[0].position < pair[1].position;
            one_then_other == (pair[0].created_seq < pair[1].created_seq)
        });
        let wrong = count(holes) + uncounted + u64::from(!in_order);
        if wrong > 0 {
            self.holes += wrong;
            self.violation(format!(
                "{summary:?} has {} messages: {holes} positions are wrong, {uncounted} seqs; \
                 in the same order: {in_order}",
                messages.len()
            ));
        }
    }

    fn check_sends(&mut self, client: &ClientRecord, by_id: &HashMap<i64, &StoredMessage>) {
        let mut last: HashMap<i64, i64> = HashMap::new();
        for sent in &client.sent {
            let Some(ack) = sent.ack else {
                self.unsettled += 1;
                self.violation(format!("never acknowledged to {}: {sent:?}", client.name));
                continue;
            };
            self.acknowledged += 1;
            self.deduplicated += u64::from(ack.deduplicated);
            let stored = by_id.get(&ack.id);
            if !stored.is_some_and(|it| is_as_acknowledged(sent, client.user, it)) {
                self.lost += 1;
                self.violation(format!(
                    "acknowledged to {}: {sent:?}; stored: {stored:?}",
                    client.name
                ));
            }
            if !sent.is_edit {
                let before = last.insert(sent.conversation, ack.position);
                if before.is_some_and(|before| before >= ack.position) {
                    self.inversions += 1;
                    self.violation(format!("{} sent this later: {sent:?}", client.name));
                }
            }
        }
        self.refused += count(client.refused.len());
        for refused in &client.refused {
            self.violation(format!("refused to {}: {refused}", client.name));
        }
    }

    fn check_history(
        &mut self,
        name: &str,
        conversation: i64,
        record: &ConversationRecord,
        observed: &Observed,
    ) {
        self.doubled += record.doubled;
        self.inversions += record.inversions;
        if record.doubled + record.inversions > 0 {
            let ConversationRecord {
                doubled,
                inversions,
                ..
            } = record;
            self.violation(format!(
                "{name} received {doubled} messages of {conversation} twice, {inversions} too late"
            ));
        }
        let mut in_history: HashMap<i64, &ClientMessage> = HashMap::new();
        for it in &record.messages {
            if in_history.insert(it.id, it).is_some() {
                self.doubled += 1;
                self.violation(format!("{name} has this twice: {it:?}"));
            }
        }
        let stored = observed.stored.iter();
        for stored in stored.filter(|it| it.conversation == conversation) {
            let found = in_history.remove(&stored.id);
            let same = found.is_some_and(|it| {
                (it.position, it.seq, it.sender, &it.body)
                    == (stored.position, stored.seq, stored.sender, &stored.body)
            });
            if !same {
                self.missing += 1;
                self.violation(format!("{name} has {found:?} instead of {stored:?}"));
            }
        }
        for it in in_history.values() {
            self.strays += 1;
            self.violation(format!("{name} has what is not stored: {it:?}"));
        }
    }

    fn violation(&mut self, description: String) {
        if self.violations.len() < MAX_DESCRIBED {
            self.violations.push(description);
        }
    }
}

impl fmt::Display for CheckResult {
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
            made_up,
            backwards,
            unsettled,
            refused,
            ..
        } = self;
        write!(
            f,
            "{acknowledged} acknowledged ({deduplicated} on a retry): {lost} lost, {doubled} doubled, {holes} holes, \
             {inversions} inversions, {missing} missing, {strays} strays, {made_up} made up, {backwards} backwards, \
             {unsettled} unsettled, {refused} refused"
        )
    }
}

/// Whether the stored message has what the acknowledgement of `sent` says.
fn is_as_acknowledged(sent: &Sent, user: i64, stored: &StoredMessage) -> bool {
    let Some(ack) = sent.ack else { return false };
    let (seq, same_body) = if sent.is_edit {
        (stored.seq, stored.body == sent.body)
    } else {
        // The body may have been edited since.
        (
            stored.created_seq,
            first_word(&stored.body) == first_word(&sent.body),
        )
    };
    same_body
        && (stored.conversation, stored.sender, stored.position, seq)
            == (sent.conversation, user, ack.position, ack.seq)
}

/// The word that identifies a message.
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
