//! One part of a round, and how far it has come.

/// The keys after it are still to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    pub id: i64,
    /// 0 where the key is one number.
    pub user_id: i64,
}

pub struct Part {
    pub deleted: u64,
    /// Where the next part begins; `None` at the end of the round.
    pub next: Option<Cursor>,
}

impl Part {
    /// A part that has looked at rows whose keys are these numbers, ascending.
    pub fn of(ids: &[i64], deleted: u64) -> Self {
        Self {
            deleted,
            next: ids.last().map(|id| Cursor {
                id: *id,
                user_id: 0,
            }),
        }
    }
}
