//! Server events and acknowledgements, parsed as far as a simulated client needs them.

use super::history::Change;
use crate::observed::{Ack, ClientMessage, Heard, HeardKind};
use serde::Deserialize;

/// An event with a sequence number, live or in the answer to a `sync`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerEvent {
    #[serde(rename = "type")]
    name: String,
    conversation_id: String,
    pub seq: i64,
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    position: i64,
    seq: i64,
    sender: Sender,
    body: String,
}

#[derive(Deserialize)]
struct Sender {
    id: String,
}

/// The event `ready`, as far as it is compared with what the client has.
#[derive(Deserialize)]
pub struct Ready {
    conversations: Vec<Summary>,
}

#[derive(Deserialize)]
struct Summary {
    id: String,
    seq: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncAnswer {
    pub changes: Vec<ServerEvent>,
    pub has_more: bool,
}

#[derive(Deserialize)]
struct SendAnswer {
    message: Message,
    /// Absent in the answer to an edit.
    #[serde(default)]
    deduplicated: bool,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: ErrorDetail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorDetail {
    code: String,
    retry_after: Option<u64>,
}

/// How a send or an edit ended.
pub enum SendOutcome {
    Sent(Ack, Box<ClientMessage>),
    /// To be retried after so many seconds at least.
    RetryAfter(u64),
    Refused(String),
}

impl ServerEvent {
    /// `None` when the event has no sequence number.
    pub fn parse(payload: &str) -> Option<Self> {
        serde_json::from_str(payload).ok()
    }

    pub fn conversation(&self) -> i64 {
        parse_id(&self.conversation_id)
    }

    /// What is noted of the event, told over that connection of the client.
    pub fn heard(&self, connection: u64) -> Heard {
        let kind = match (&self.message, self.name.as_str()) {
            (Some(message), "message:created") => HeardKind::MessageCreated(parse_id(&message.id)),
            (Some(message), _) => HeardKind::MessageChanged(parse_id(&message.id)),
            (None, "conversation:created") => HeardKind::ConversationCreated,
            (None, _) => HeardKind::Other,
        };
        Heard {
            connection,
            conversation: self.conversation(),
            seq: self.seq,
            kind,
        }
    }

    /// `None` when the event is not about a message.
    pub fn change(self) -> Option<Change> {
        Some(Change {
            message: self.message?.into_client_message(),
            is_new: self.name == "message:created",
        })
    }
}

impl Ready {
    pub fn parse(payload: &str) -> Option<Self> {
        serde_json::from_str(payload).ok()
    }

    /// Each conversation with its sequence number.
    pub fn seqs(&self) -> impl Iterator<Item = (i64, i64)> {
        let summaries = self.conversations.iter();
        summaries.map(|it| (parse_id(&it.id), it.seq))
    }
}

impl Message {
    fn into_client_message(self) -> ClientMessage {
        ClientMessage {
            id: parse_id(&self.id),
            position: self.position,
            seq: self.seq,
            sender: parse_id(&self.sender.id),
            body: self.body,
        }
    }
}

impl SendOutcome {
    pub fn parse(answer: &str) -> Self {
        if let Ok(SendAnswer {
            message,
            deduplicated,
        }) = serde_json::from_str(answer)
        {
            let message = message.into_client_message();
            let ack = Ack {
                id: message.id,
                position: message.position,
                seq: message.seq,
                deduplicated,
            };
            return Self::Sent(ack, Box::new(message));
        }
        match serde_json::from_str(answer) {
            Ok(ErrorAnswer { error }) => match error.code.as_str() {
                "too_many_requests" | "unavailable" | "internal" => {
                    Self::RetryAfter(error.retry_after.unwrap_or(0))
                }
                _ => Self::Refused(answer.to_owned()),
            },
            Err(_) => Self::Refused(answer.to_owned()),
        }
    }
}

impl SyncAnswer {
    /// `None` when the server refused the `sync`.
    pub fn parse(answer: &str) -> Option<Self> {
        serde_json::from_str(answer).ok()
    }
}

/// Ids are strings of digits; -1, which matches nothing, for anything else.
fn parse_id(id: &str) -> i64 {
    id.parse().unwrap_or(-1)
}
