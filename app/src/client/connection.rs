//! The Socket.IO connection of this page, and the state that requests and reports keep beside the
//! store. A page has one, in a thread local: WebAssembly has one thread.

use super::{backoff::SharedBackoff, browser::Socket, socket_signal::SocketSignal};
use crate::{
    json,
    store::{DraftPlace, Map, Place},
};
use model::{ConversationId, ErrorCode, Event, MessageId, MessageKind, PresenceChoice};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{cell::RefCell, rc::Rc};

/// Takes the JSON of an event.
type HearEvent = Rc<dyn Fn(&str)>;

/// The draft that a message was written as.
type FindDraft = Rc<dyn Fn(DraftPlace) -> Option<i64>>;

/// What requests, reports and the outbox of this page keep beside the store.
#[derive(Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each says of another task whether it runs"
)]
pub struct ClientState {
    socket: Option<Socket>,
    /// Whether the page has received `ready`.
    pub is_live: bool,
    /// Events that the next frame applies.
    pub received: Vec<Event>,
    /// Whether events wait for a frame.
    pub awaits_frame: bool,
    /// Pages of messages that are being requested, by conversation and kind of page.
    pub loading: Map<(ConversationId, &'static str), ()>,
    /// Read positions that the server has not been sent.
    pub unreported_read: Map<ConversationId, i64>,
    /// Delivered positions that the server has not been sent.
    pub unreported_delivered: Map<ConversationId, i64>,
    pub report_scheduled: bool,
    /// Whether the connection is being probed.
    pub probing: bool,
    /// Whether a resync loop runs.
    pub resyncing: bool,
    /// The server's time of the last `sync` that was complete.
    pub synced_at: Option<String>,
    /// Of the outbox: sends wait while it is active.
    pub send_backoff: SharedBackoff,
    /// Denied connects since the last `ready`.
    pub consecutive_denials: u32,
    pub typing: Option<TypingState>,
    /// Whether the server does not know the browser's time zone.
    pub is_zone_unknown: bool,
    /// What is called with the JSON of events that the first screen does not know.
    pub on_other_event: Option<HearEvent>,
    /// What knows the drafts that the server has.
    pub find_draft: Option<FindDraft>,
    /// Where the user was reading in the conversations that they have left.
    pub places: Map<ConversationId, Place>,
}

/// The typing that the server knows of.
pub struct TypingState {
    pub conversation_id: ConversationId,
    /// The thread that the user types in.
    pub thread_id: Option<MessageId>,
    /// When `typing:start` was last sent.
    pub reported_at: time::OffsetDateTime,
    /// Counts keys: an idle timer that finds another number has been overtaken.
    pub generation: u32,
}

thread_local! {
    static STATE: RefCell<ClientState> = RefCell::default();
}

pub fn with_state<T>(work: impl FnOnce(&mut ClientState) -> T) -> T {
    STATE.with_borrow_mut(work)
}

/// Connects. An earlier connection is closed and its state dropped.
pub fn connect(on_signal: Rc<dyn Fn(SocketSignal)>) {
    disconnect();
    let socket = Socket::connect(on_signal);
    with_state(|state| state.socket = socket);
}

/// Closes the connection and drops the state.
pub fn disconnect() {
    let before = STATE.take();
    // Outside of the borrow: `disconnect` calls listeners, which borrow the state.
    if let Some(socket) = before.socket {
        socket.disconnect();
    }
}

pub fn is_connected() -> bool {
    with_state(|state| {
        let socket = state.socket.as_ref();
        socket.is_some_and(Socket::is_connected)
    })
}

/// Connects at once if the socket is not connected, without the delay of the Socket.IO client.
pub fn reconnect() {
    if !is_connected() {
        restart();
    }
}

/// Connects anew at once. What waits for an acknowledgement counts as unanswered.
pub fn restart() {
    let socket = with_state(|state| state.socket.take());
    if let Some(socket) = socket {
        socket.reconnect();
        with_state(|state| state.socket = Some(socket));
    }
}

/// Emits an event without an acknowledgement. It is dropped while the socket is not connected.
pub fn emit(event: &str, payload: &impl Serialize) {
    let Ok(payload) = serde_json::to_string(payload) else {
        return;
    };
    with_state(|state| {
        if let Some(socket) = state.socket.as_ref().filter(|it| it.is_connected()) {
            socket.emit(event, &payload);
        }
    });
}

#[derive(Debug, PartialEq, Eq)]
pub enum RequestError {
    /// No acknowledgement came within 10 s, it was malformed, or the socket is not connected. The
    /// server may or may not have executed the request.
    Unanswered,
    /// The server acknowledged with an error.
    Rejected(AckError),
}

/// The `error` of an acknowledgement.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AckError {
    pub code: ErrorCode,
    pub detail: String,
    /// Seconds until another attempt can succeed.
    pub retry_after: Option<u32>,
}

impl AckError {
    /// Whether the same request may succeed later. `Unauthenticated`: after the user has signed in
    /// again.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.code,
            ErrorCode::TooManyRequests
                | ErrorCode::Unavailable
                | ErrorCode::Internal
                | ErrorCode::Unauthenticated
        )
    }
}

/// An acknowledgement that takes longer counts as lost.
const ACK_TIMEOUT_MS: u32 = 10_000;

/// Emits an event and waits for its acknowledgement.
pub async fn emit_with_ack<T: DeserializeOwned>(
    event: &str,
    payload: &impl Serialize,
) -> Result<T, RequestError> {
    emit_with_ack_within(ACK_TIMEOUT_MS, event, payload).await
}

/// Emits an event and waits so many milliseconds for its acknowledgement.
pub async fn emit_with_ack_within<T: DeserializeOwned>(
    timeout_ms: u32,
    event: &str,
    payload: &impl Serialize,
) -> Result<T, RequestError> {
    let payload = serde_json::to_string(payload).map_err(|_| RequestError::Unanswered)?;
    let ack = with_state(|state| {
        let socket = state.socket.as_ref().filter(|it| it.is_connected())?;
        Some(socket.emit_with_ack(event, &payload, timeout_ms))
    });
    let Some(ack) = ack else {
        return Err(RequestError::Unanswered);
    };
    parse_ack(&ack.await.ok_or(RequestError::Unanswered)?)
}

/// What every acknowledgement has: `{"ok": true, …}` or `{"ok": false, "error": {…}}`.
#[derive(Deserialize)]
struct AckEnvelope {
    ok: bool,
    error: Option<AckError>,
}

fn parse_ack<T: DeserializeOwned>(ack: &str) -> Result<T, RequestError> {
    let envelope: AckEnvelope = json::read(ack).ok_or(RequestError::Unanswered)?;
    match envelope.error {
        None if envelope.ok => json::read(ack).ok_or(RequestError::Unanswered),
        Some(error) => Err(RequestError::Rejected(error)),
        None => Err(RequestError::Unanswered),
    }
}

/// The payload of `message:send`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendPayload<'a> {
    pub conversation_id: ConversationId,
    pub body: &'a str,
    pub kind: MessageKind,
    pub reply_to_id: Option<MessageId>,
    pub thread_id: Option<MessageId>,
    pub also_to_conversation: bool,
    pub attachment_ids: Vec<&'a str>,
    pub client_id: &'a str,
    /// The draft that it was written as.
    pub draft_seq: Option<i64>,
}

/// The payload of `conversation:read` and `conversation:delivered`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PositionPayload {
    pub conversation_id: ConversationId,
    pub position: i64,
}

/// The payload of `typing:start` and `typing:stop`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TypingPayload {
    pub conversation_id: ConversationId,
    pub thread_id: Option<MessageId>,
}

/// The payload of `presence:set`.
#[derive(Serialize)]
pub struct PresencePayload {
    pub status: PresenceChoice,
}

#[cfg(test)]
mod tests {
    use super::{AckError, RequestError, parse_ack};
    use model::{ErrorCode, Sync};

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct EmptyAck {}

    #[test]
    fn reads_an_acknowledgement() {
        assert_eq!(parse_ack::<EmptyAck>(r#"{"ok": true}"#), Ok(EmptyAck {}));
        let rejected = r#"{"ok": false, "error": {"code": "forbidden", "detail": "No."}}"#;
        let error = |code, retry_after| AckError {
            code,
            detail: "No.".to_owned(),
            retry_after,
        };
        let expected = Err(RequestError::Rejected(error(ErrorCode::Forbidden, None)));
        assert_eq!(parse_ack::<EmptyAck>(rejected), expected);
        let limited = r#"{"ok": false,
            "error": {"code": "too_many_requests", "detail": "No.", "retryAfter": 3}}"#;
        let expected = Err(RequestError::Rejected(error(
            ErrorCode::TooManyRequests,
            Some(3),
        )));
        assert_eq!(parse_ack::<EmptyAck>(limited), expected);
    }

    #[test]
    fn takes_a_malformed_acknowledgement_for_none() {
        for malformed in ["", "null", "{}", r#"{"ok": false}"#, r#"{"ok": true}"#] {
            assert_eq!(
                parse_ack::<Sync>(malformed),
                Err(RequestError::Unanswered),
                "{malformed}"
            );
        }
    }
}
