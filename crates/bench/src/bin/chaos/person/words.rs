//! What the server says, as far as a client of ours looks at it.

use super::history::Change;
use crate::verdict::{Ack, Kept};
use serde::Deserialize;

/// An event of the sequence, live or in an answer to `sync`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Synced {
    pub changes: Vec<Told>,
    pub has_more: bool,
}

#[derive(Deserialize)]
struct Accepted {
    message: Message,
    /// Of a send only.
    #[serde(default)]
    deduplicated: bool,
}

#[derive(Deserialize)]
struct Refusal {
    error: Refused,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refused {
    code: String,
    retry_after: Option<u64>,
}

/// How a send or an edit ended.
pub enum Outcome {
    Sent(Ack, Box<Kept>),
    /// To be tried again, and not before so many seconds.
    Later(u64),
    Refused(String),
}

impl Told {
    /// Nothing, when it is not of the sequence.
    pub fn read(payload: &str) -> Option<Self> {
        serde_json::from_str(payload).ok()
    }

    pub fn conversation(&self) -> i64 {
        number(&self.conversation_id)
    }

    /// Nothing, when it is not about a message.
    pub fn change(self) -> Option<Change> {
        Some(Change {
            message: self.message?.keep(),
            is_new: self.name == "message:created",
        })
    }
}

impl Message {
    fn keep(self) -> Kept {
        Kept {
            id: number(&self.id),
            position: self.position,
            seq: self.seq,
            sender: number(&self.sender.id),
            body: self.body,
        }
    }
}

impl Outcome {
    pub fn read(answer: &str) -> Self {
        if let Ok(Accepted {
            message,
            deduplicated,
        }) = serde_json::from_str(answer)
        {
            let kept = message.keep();
            let ack = Ack {
                id: kept.id,
                position: kept.position,
                seq: kept.seq,
                deduplicated,
            };
            return Self::Sent(ack, Box::new(kept));
        }
        match serde_json::from_str(answer) {
            Ok(Refusal { error }) => match error.code.as_str() {
                "too_many_requests" | "unavailable" | "internal" => {
                    Self::Later(error.retry_after.unwrap_or(0))
                }
                _ => Self::Refused(answer.to_owned()),
            },
            Err(_) => Self::Refused(answer.to_owned()),
        }
    }
}

impl Synced {
    /// Nothing, when it was refused.
    pub fn read(answer: &str) -> Option<Self> {
        serde_json::from_str(answer).ok()
    }
}

/// Ids are strings of digits; one that is not matches nothing.
fn number(id: &str) -> i64 {
    id.parse().unwrap_or(-1)
}
