//! Arguments of a client's event, and the acknowledgement that it may wait for.

use serde_json::Value;
use socketioxide::extract::AckSender;

/// What came with an event after its name.
#[derive(Debug, Default)]
pub struct Arguments {
    pub values: Vec<Value>,
    /// The event came with binary attachments, which no contract has a use for.
    pub has_attachments: bool,
}

/// The way to acknowledge one event.
pub struct Ack {
    /// The id that the client gave the event; none if it waits for no acknowledgement.
    pub id: Option<i64>,
    pub sender: AckSender,
}
