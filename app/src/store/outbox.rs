//! The outbox: what I have written and nobody has acknowledged yet, in the order of writing.

use model::{ConversationId, Message, Reply};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use time::OffsetDateTime;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutgoingState {
    /// For the connection, or for those before it.
    #[default]
    Waiting,
    Sending,
    /// Acknowledged; it takes its place in the timeline when what came before it is known.
    #[serde(skip)]
    Sent(Arc<Message>),
    Failed {
        detail: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    pub client_id: String,
    pub conversation_id: ConversationId,
    pub body: String,
    pub reply_to: Option<Reply>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(default)]
    pub state: OutgoingState,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox(Vec<Outgoing>);
