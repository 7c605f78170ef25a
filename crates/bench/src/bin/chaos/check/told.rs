//! Checks what was told live: that it happened, under that sequence number, and in order.

use super::CheckResult;
use crate::observed::{ClientRecord, HeardKind, Observed, StoredMessage};
use std::collections::HashMap;

/// The changes of all conversations: by conversation and sequence number, the message, and whether it
/// is its first change.
type Changes = HashMap<(i64, i64), (i64, bool)>;

impl CheckResult {
    pub(super) fn check_told(&mut self, observed: &Observed) {
        let changes = changes(&observed.stored);
        for client in &observed.clients {
            self.check_what_happened(client, &changes);
            self.check_order(client);
        }
    }

    /// Nothing happens in a run but messages and their edits.
    fn check_what_happened(&mut self, client: &ClientRecord, changes: &Changes) {
        for heard in &client.heard {
            let change = changes.get(&(heard.conversation, heard.seq));
            let has_happened = match (heard.kind, change) {
                // A repair tells a message that was edited meanwhile under its last number.
                (HeardKind::MessageCreated(id), Some((message, _))) => id == *message,
                (HeardKind::MessageChanged(id), Some((message, is_first))) => {
                    id == *message && !is_first
                }
                _ => false,
            };
            if !has_happened {
                self.made_up += 1;
                self.violation(format!(
                    "{} was told what did not happen: {heard:?}; instead: {change:?}",
                    client.name
                ));
            }
        }
    }

    fn check_order(&mut self, client: &ClientRecord) {
        let mut last = HashMap::new();
        for heard in &client.heard {
            let last = last.entry((heard.connection, heard.conversation));
            let last = last.or_insert(heard.seq);
            if heard.seq < *last {
                self.backwards += 1;
                self.violation(format!("{} was told {heard:?} after {last}", client.name));
            }
            *last = heard.seq;
        }
        self.backwards += client.stale_summaries;
        if client.stale_summaries > 0 {
            let (name, behind) = (&client.name, client.stale_summaries);
            self.violation(format!("{name} had more than {behind} summaries in ready"));
        }
    }
}

fn changes(stored: &[StoredMessage]) -> Changes {
    let mut changes = Changes::with_capacity(stored.len() * 2);
    for it in stored {
        changes.insert((it.conversation, it.seq), (it.id, false));
        changes.insert((it.conversation, it.created_seq), (it.id, true));
    }
    changes
}
