//! Ranges of messages that receipts name, with the advances that share a range merged.

use super::position_advance::{Advance, MAX_NAMED_MESSAGES, PositionAdvance};
use model::ConversationId;

/// Positions above `from`, up to `to`. The advances that were merged into it end between
/// `first_end` and `to`.
#[derive(Clone, Copy)]
pub struct MessageRange {
    pub from: i64,
    first_end: i64,
    pub to: i64,
}

impl MessageRange {
    fn of(advance: Advance) -> Self {
        Self {
            from: advance.before,
            first_end: advance.after,
            to: advance.after,
        }
    }

    /// How far apart the ends of the merged advances are.
    pub fn spread(&self) -> i64 {
        self.to - self.first_end
    }

    fn union(self, other: Self) -> Self {
        Self {
            from: self.from.min(other.from),
            first_end: self.first_end.min(other.first_end),
            to: self.to.max(other.to),
        }
    }
}

/// One range for the advances of a conversation that end within `MAX_NAMED_MESSAGES` positions of
/// one another: most of the messages below are the same for all of them.
pub fn merged_ranges(advances: &[PositionAdvance]) -> Vec<(ConversationId, MessageRange)> {
    let mut each: Vec<_> = advances
        .iter()
        .flat_map(|it| it.moved().map(|advance| (it.conversation_id, advance)))
        .map(|(id, advance)| (id, MessageRange::of(advance)))
        .collect();
    each.sort_unstable_by_key(|(id, range)| (*id, range.to));
    let mut merged: Vec<(ConversationId, MessageRange)> = Vec::new();
    for (id, range) in each {
        match merged.last_mut() {
            Some((last_id, last))
                if *last_id == id && range.to - last.first_end <= as_i64(MAX_NAMED_MESSAGES) =>
            {
                *last = last.union(range);
            }
            _ => merged.push((id, range)),
        }
    }
    merged
}

pub fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
