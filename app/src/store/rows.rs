//! What a timeline shows: days, dividers and messages, derived anew from what is known.

use super::Outgoing;
use model::{Message, MessageId};
use std::sync::Arc;
use time::Date;

/// Identifies a row. A message of mine keeps the key that it had in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowKey {
    Day(Date),
    /// New messages begin here.
    Unread,
    Message(MessageId),
    /// A message of mine, by its client id.
    Mine(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    pub entry: Entry,
    /// Whether it shows its sender: it continues nothing that the same person said just before.
    pub starts_group: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Message(Arc<Message>),
    Outgoing(Outgoing),
}

/// How far a message of mine has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tick {
    Sent,
    /// All others have received it.
    Delivered,
    /// All others have read it.
    Read,
}
