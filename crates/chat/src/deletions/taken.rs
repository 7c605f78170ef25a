//! A deletion that is being carried out.

use crate::Caller;
use model::UserId;

/// Rows that are read at once of what is done one by one.
pub const PER_READ: i64 = 200;

/// A deletion that this node has taken.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub user_id: UserId,
    pub removes_messages: bool,
    /// Whether nothing was running any more when this pass began.
    pub is_settled: bool,
}

impl Taken {
    /// The deleted user, for whom the server acts.
    pub fn caller(self) -> Caller {
        Caller::acting_for(self.user_id)
    }
}
