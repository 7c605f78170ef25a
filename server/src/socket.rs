//! What every socket needs, whatever the words of its door: a caller, an ordered inbox, an answer
//! to every event, a seat in the audience, and an end.

mod dispatcher;
mod door;
mod entrance;
mod inbox;
mod line;
mod seat;
mod seats;

pub use door::{Open, open};
pub use inbox::Arguments;

use chat::Caller;
use http::HeaderMap;
use model::{ErrorCode, Event};
use serde_json::{Value, value::RawValue};
use std::{borrow::Cow, time::Duration};

/// The longest event that is looked at. A longer one is answered, not read.
const MAX_EVENT: usize = 256 * 1024;

/// The longest frame that is received at all; beyond it the connection ends.
const MAX_FRAME: usize = 2 * 1024 * 1024;

/// What waits for a client that reads slowly. Beyond it the client is cut, and resumes by sequence.
const OUTBOX: usize = 1024;

/// A dead peer is noticed after both.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// A door's words, for what all doors do alike.
pub trait Contract: Send + Sync + 'static {
    /// The door's name in metrics and logs.
    const DOOR: &'static str;

    /// The events that clients send. Metrics know no other names.
    const EVENTS: &'static [&'static str];

    /// Who connects. Asked twice: a session may end while its socket is on its way in.
    fn authenticate(
        &self,
        auth: &Value,
        headers: &HeaderMap,
    ) -> impl Future<Output = chat::Result<Caller>> + Send;

    /// The message of a `connect_error`.
    fn refuse_connection(&self, error: &chat::Error) -> String;

    /// What a socket hears first.
    fn welcome(&self, caller: &Caller) -> impl Future<Output = chat::Result<Printed>> + Send;

    /// Does what a client asks for; the answer is the acknowledgement.
    fn answer(
        &self,
        caller: &Caller,
        event: &str,
        arguments: Arguments,
    ) -> impl Future<Output = chat::Result<Value>> + Send;

    /// The acknowledgement of what was not done.
    fn refuse(&self, code: ErrorCode, detail: &str, retry_after: Option<u64>) -> Value;

    /// An event as clients of this door hear it; `None` when the door has no words for it.
    fn print(&self, event: &Event) -> Option<serde_json::Result<Printed>>;
}

/// An event of a socket, serialised once for all who hear it.
pub struct Printed {
    name: Cow<'static, str>,
    payload: Box<RawValue>,
    /// Whether a client that is behind may miss it.
    is_volatile: bool,
}

impl Printed {
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        payload: &impl serde::Serialize,
        is_volatile: bool,
    ) -> serde_json::Result<Self> {
        Ok(Self {
            name: name.into(),
            payload: serde_json::value::to_raw_value(payload)?,
            is_volatile,
        })
    }
}
