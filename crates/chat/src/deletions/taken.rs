//! A deletion that is being carried out.

use crate::{Caller, Chat, Result};
use model::UserId;
use std::time::{Duration, Instant};

/// Rows that are read at once of what is done one by one.
pub const PER_READ: i64 = 200;

/// How long a node goes on with one deletion while others wait for their turn.
const TURN: Duration = Duration::from_mins(1);

/// From one time that a node takes its deletion anew to the next. Well below `LEASE_SECONDS`.
const HOLD_INTERVAL: Duration = Duration::from_secs(30);

/// A deletion that this node has taken.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub user_id: UserId,
    pub removes_messages: bool,
    /// Whether nothing was running any more when this pass began.
    pub is_settled: bool,
    /// Up to which message settled passes have come; 0 at the beginning.
    pub after_message_id: i64,
}

impl Taken {
    /// The deleted user, for whom the server acts.
    pub fn caller(self) -> Caller {
        Caller::acting_for(self.user_id)
    }
}

/// The turn of a deletion at this node.
pub struct Turn {
    user_id: UserId,
    began_at: Instant,
    held_at: Instant,
}

impl Turn {
    pub fn begin(taken: Taken) -> Self {
        let now = Instant::now();
        Self {
            user_id: taken.user_id,
            began_at: now,
            held_at: now,
        }
    }

    /// Between two steps: takes the deletion anew where the last time was a while ago. Returns whether the turn is over.
    pub async fn is_over(&mut self, chat: &Chat) -> Result<bool> {
        if self.held_at.elapsed() >= HOLD_INTERVAL {
            chat.hold(self.user_id).await?;
            self.held_at = Instant::now();
        }
        Ok(self.began_at.elapsed() >= TURN)
    }
}
