//! Everything that the checker compares: rows of the database, and the record of each client.

use std::collections::BTreeMap;
use tokio::time::Instant;

/// A message as the database has it.
#[derive(Clone, Debug)]
pub struct StoredMessage {
    pub id: i64,
    pub conversation: i64,
    pub position: i64,
    pub created_seq: i64,
    /// Sequence number of its last change.
    pub seq: i64,
    pub sender: i64,
    pub body: String,
}

/// Counters of a conversation as the database has them.
#[derive(Clone, Copy, Debug)]
pub struct ConversationSummary {
    pub conversation: i64,
    pub position: i64,
    pub seq: i64,
    /// Number of edits of its messages.
    pub edits: i64,
}

/// A message or an edit that a client has sent, and its acknowledgement.
#[derive(Clone, Debug)]
pub struct Sent {
    pub conversation: i64,
    /// Its first word identifies the message, and stays the same when the message is edited.
    pub body: String,
    /// True for an edit. A message is edited at most once, and after it was sent.
    pub is_edit: bool,
    /// When it was first emitted; `None` while it has not been.
    pub emitted_at: Option<Instant>,
    pub ack: Option<Ack>,
}

#[derive(Clone, Copy, Debug)]
pub struct Ack {
    pub id: i64,
    pub position: i64,
    pub seq: i64,
    pub deduplicated: bool,
}

/// A message as one client has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientMessage {
    pub id: i64,
    pub position: i64,
    pub seq: i64,
    pub sender: i64,
    pub body: String,
}

/// What one client has of one conversation.
#[derive(Clone, Debug, Default)]
pub struct ConversationRecord {
    pub messages: Vec<ClientMessage>,
    /// `message:created` events that this client received twice over one connection.
    pub doubled: u64,
    /// Live events that this client received after one with a higher sequence number.
    pub inversions: u64,
}

/// What an event with a sequence number was about, as far as the check asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeardKind {
    /// A new message, by id.
    MessageCreated(i64),
    /// A change of a message, by id.
    MessageChanged(i64),
    /// The beginning of a conversation.
    ConversationCreated,
    Other,
}

/// An event with a sequence number, as it was told live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Number of the client's connection, from 1.
    pub connection: u64,
    pub conversation: i64,
    pub seq: i64,
    pub kind: HeardKind,
}

/// What one client has sent and received.
#[derive(Clone, Debug, Default)]
pub struct ClientRecord {
    pub name: String,
    pub user: i64,
    /// In the order in which the client put them into its outbox.
    pub sent: Vec<Sent>,
    /// Acknowledgements that refused a send for good.
    pub refused: Vec<String>,
    pub records: BTreeMap<i64, ConversationRecord>,
    /// Everything that was told live, in the order of hearing.
    pub heard: Vec<Heard>,
    /// Conversations for which a `ready` had a lower sequence number than the client.
    pub stale_summaries: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub stored: Vec<StoredMessage>,
    pub summaries: Vec<ConversationSummary>,
    pub clients: Vec<ClientRecord>,
}
