//! `Outcome`: what became of each row of a batch.

use std::borrow::Cow;

/// What became of the rows of a batch. Each row is in one of `taken`, `updated`, `unchanged` and `left`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows that were not there.
    pub taken: u64,
    /// Rows that were there, and have changed since.
    pub updated: u64,
    /// Rows that were there as they are.
    pub unchanged: u64,
    /// Rows that were not taken.
    pub left: Vec<Note>,
    /// Rows that were taken with something left out or replaced, and what.
    pub adjusted: Vec<Note>,
    /// Users whom the rows name and nobody knew: they are placeholders now.
    pub placeholders: u64,
    /// Users of the app whose membership ended, because a complete list does not have them.
    pub ended: u64,
}

/// A remark about one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The id of the row; of members, the conversation's id and the user's with a space between.
    pub id: String,
    /// For people, the same text for the same kind of reason, so that a report can count by it.
    pub reason: Cow<'static, str>,
}

impl Outcome {
    pub(super) fn leave(
        &mut self,
        id: &(impl ToString + ?Sized),
        reason: impl Into<Cow<'static, str>>,
    ) {
        self.left.push(Note {
            id: id.to_string(),
            reason: reason.into(),
        });
    }

    pub(super) fn adjust(
        &mut self,
        id: &(impl ToString + ?Sized),
        reason: impl Into<Cow<'static, str>>,
    ) {
        self.adjusted.push(Note {
            id: id.to_string(),
            reason: reason.into(),
        });
    }

    /// Adds another batch of the same kind.
    pub fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.left.extend(other.left);
        self.adjusted.extend(other.adjusted);
        self.placeholders += other.placeholders;
        self.ended += other.ended;
    }
}
