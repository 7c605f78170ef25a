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
