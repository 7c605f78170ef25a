//! What waits to be told about threads.

use crate::receipts::{Coalesced, Coalescer};
use model::{MessageId, UserId};

/// States to publish, by user and thread.
pub type PendingThreadStates = Coalescer<RecountThread>;

/// The part of a user in a thread has changed. It is read when it is flushed.
pub struct RecountThread;

impl Coalesced for RecountThread {
    type Key = (UserId, MessageId);

    fn merge(self, _: Self) -> Self {
        self
    }
}
