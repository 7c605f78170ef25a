//! What the connection of this page remembers beside the store. A page has one.

use super::{
    backoff::Pause,
    browser::{Heard, Socket},
};
use crate::{json, store::Map};
use model::{ConversationId, ErrorCode, MessageId, MessageKind, PresenceChoice};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{cell::RefCell, rc::Rc};

#[derive(Default)]
pub struct Wires {
    socket: Option<Socket>,
    /// What is being read from the server right now.
    pub loading: Map<(ConversationId, &'static str), ()>,
    /// Positions that the server shall hear of: read, and only delivered.
    pub read: Map<ConversationId, i64>,
    pub delivered: Map<ConversationId, i64>,
    /// Whether they are about to be told.
    pub reporting: bool,
    /// Whether what was missed is being fetched.
    pub healing: bool,
    /// Of the outbox, after sends that did not get through.
    pub pause: Pause,
    /// How often the server did not want this connection, one time after the other.
    pub denials: u32,
    pub typing: Option<Typing>,
}

pub struct Typing {
    pub conversation_id: ConversationId,
    pub told_at: time::OffsetDateTime,
    pub strokes: u32,
}

thread_local! {
    static WIRES: RefCell<Wires> = RefCell::default();
}

pub fn with<T>(work: impl FnOnce(&mut Wires) -> T) -> T {
    WIRES.with_borrow_mut(work)
}

/// Connects; what was before is gone.
pub fn connect(heard: Rc<dyn Fn(Heard)>) {
    hang_up();
    let socket = Socket::connect(heard);
    with(|wires| wires.socket = socket);
}

pub fn hang_up() {
    let before = WIRES.take();
    // Not while the wires are borrowed: the client calls its listeners.
    if let Some(socket) = before.socket {
        socket.disconnect();
    }
}

/// Connects again at once, if need be.
pub fn reconnect() {
    let socket = with(|wires| wires.socket.take());
    if let Some(socket) = socket {
        if !socket.is_connected() {
            socket.reconnect();
        }
        with(|wires| wires.socket = Some(socket));
    }
}

/// Says something that needs no answer; nothing is said while there is no connection.
pub fn emit(event: &str, payload: &impl Serialize) {
    let Ok(payload) = serde_json::to_string(payload) else {
        return;
    };
    with(|wires| {
        if let Some(socket) = wires.socket.as_ref().filter(|it| it.is_connected()) {
            socket.emit(event, &payload);
        }
    });
}

#[derive(Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// Nobody knows whether the server has heard it.
    Lost,
    Refused(Refusal),
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    pub code: ErrorCode,
    pub detail: String,
    /// Seconds until another try can succeed.
    pub retry_after: Option<u32>,
}

/// Says something, and waits for the acknowledgement.
pub async fn ask<T: DeserializeOwned>(
    event: &str,
    payload: &impl Serialize,
) -> Result<T, NoAnswer> {
    let payload = serde_json::to_string(payload).map_err(|_| NoAnswer::Lost)?;
    let answer = with(|wires| {
        let socket = wires.socket.as_ref().filter(|it| it.is_connected())?;
        Some(socket.ask(event, &payload))
    });
    let Some(answer) = answer else {
        return Err(NoAnswer::Lost);
    };
    parse(&answer.await.ok_or(NoAnswer::Lost)?)
}

#[derive(Deserialize)]
struct Verdict {
    ok: bool,
    error: Option<Refusal>,
}

fn parse<T: DeserializeOwned>(answer: &str) -> Result<T, NoAnswer> {
    let verdict: Verdict = json::read(answer).ok_or(NoAnswer::Lost)?;
    match verdict.error {
        None if verdict.ok => json::read(answer).ok_or(NoAnswer::Lost),
        Some(refusal) => Err(NoAnswer::Refused(refusal)),
        None => Err(NoAnswer::Lost),
    }
}

/// `message:send`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageSend<'a> {
    pub conversation_id: ConversationId,
    pub body: &'a str,
    pub kind: MessageKind,
    pub reply_to_id: Option<MessageId>,
    pub client_id: &'a str,
}

/// `conversation:read` and `conversation:delivered`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpTo {
    pub conversation_id: ConversationId,
    pub position: i64,
}

/// `typing:start` and `typing:stop`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InConversation {
    pub conversation_id: ConversationId,
}

/// `presence:set`.
#[derive(Serialize)]
pub struct PresenceSet {
    pub status: PresenceChoice,
}

#[cfg(test)]
mod tests {
    use super::{NoAnswer, Refusal, parse};
    use model::{ErrorCode, Sync};

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Done {}

    #[test]
    fn reads_an_acknowledgement() {
        assert_eq!(parse::<Done>(r#"{"ok": true}"#), Ok(Done {}));
        let refused = r#"{"ok": false, "error": {"code": "forbidden", "detail": "No."}}"#;
        let refusal = |code, retry_after| Refusal {
            code,
            detail: "No.".to_owned(),
            retry_after,
        };
        let expected = Err(NoAnswer::Refused(refusal(ErrorCode::Forbidden, None)));
        assert_eq!(parse::<Done>(refused), expected);
        let limited = r#"{"ok": false,
            "error": {"code": "too_many_requests", "detail": "No.", "retryAfter": 3}}"#;
        let expected = Err(NoAnswer::Refused(refusal(
            ErrorCode::TooManyRequests,
            Some(3),
        )));
        assert_eq!(parse::<Done>(limited), expected);
    }

    #[test]
    fn takes_nonsense_for_no_answer() {
        for nonsense in ["", "null", "{}", r#"{"ok": false}"#, r#"{"ok": true}"#] {
            assert_eq!(parse::<Sync>(nonsense), Err(NoAnswer::Lost), "{nonsense}");
        }
    }
}
