//! Votes that wait to be told.

use crate::receipts::{Coalesced, Coalescer};
use model::{ConversationId, MessageId};
use std::time::Duration;

/// Pause between two tellings of a node, of all its polls. The first vote after a pause is told at once; those of many
/// people who vote at the same moment make two events a second of each node that they are connected to.
const VOTES_INTERVAL: Duration = Duration::from_millis(500);

/// Polls whose votes have changed, to be told to their conversations.
pub type PendingVotes = Coalescer<UntoldVotes>;

/// Somebody in this conversation has voted. The votes are counted when they are told.
pub struct UntoldVotes(pub ConversationId);

impl Coalesced for UntoldVotes {
    type Key = MessageId;

    fn merge(self, _: Self) -> Self {
        self
    }
}

pub fn pending_votes() -> PendingVotes {
    Coalescer::with_interval(VOTES_INTERVAL)
}
