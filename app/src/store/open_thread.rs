//! A thread whose replies are kept, and a reply that has arrived in any.

use super::lane::Lane;
use model::{Message, MessageId, UserId};
use std::sync::Arc;

/// A thread that is shown, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenThread {
    /// Where the main line has it too, this is the same version.
    pub root: Arc<Message>,
    pub lane: Lane,
}

/// A reply that has arrived: what counts of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    pub thread_id: MessageId,
    pub number: i64,
    pub sender: UserId,
}

impl Arrival {
    pub fn of(message: &Message) -> Option<Self> {
        Some(Self {
            thread_id: message.thread_id?,
            number: message.thread_position?,
            sender: message.sender.id,
        })
    }
}
