//! What every socket needs, whatever the words of its door: a caller, an ordered inbox, an answer
//! to every event, a seat in the audience, and an end.

mod asker;
mod dispatcher;
mod door;
mod entrance;
mod frame;
mod handshake;
mod inbox;
mod line;
mod received;
mod seat;
mod seats;
mod unsent;
mod visit;
mod wire;

pub use asker::Asker;
pub use door::{Connections, Open, open};
pub use handshake::{Handshake, bare};
pub use inbox::Arguments;
pub use seats::Listener;

use crate::problem::Refusal;
use bytes::Bytes;
use chat::Caller;
use model::{ConversationId, Event};
use serde_json::{Value, value::RawValue};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The longest event that is looked at. A longer one is answered, not read.
const MAX_EVENT: usize = 256 * 1024;

/// The longest frame that is received at all; beyond it the connection ends.
const MAX_FRAME: usize = 2 * 1024 * 1024;

/// What waits for a client that reads slowly. Beyond it the client is cut, and resumes by sequence.
const OUTBOX: usize = 1024;

/// A dead peer is noticed after both.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Where a door's sockets are found: a path of Engine.IO, and the namespaces on it.
pub struct Engine {
    pub path: &'static str,
    pub namespaces: &'static [&'static str],
}

/// A door's words, for what all doors do alike.
pub trait Contract: Sized + Send + Sync + 'static {
    /// The door's name in metrics and logs.
    const DOOR: &'static str;

    /// The events that clients send. Metrics know no other names.
    const EVENTS: &'static [&'static str];

    /// Those of them that are worked off while earlier ones of the same socket still wait for their
    /// answers: they keep their order by themselves.
    const OVERLAPPING: &'static [&'static str] = &[];

    const ENGINES: &'static [Engine] = &[Engine {
        path: "/socket.io",
        namespaces: &["/"],
    }];

    /// Whether a socket is in the room of each of its user's conversations from the start. A room
    /// decides nothing but what `Listener::is_present` says.
    const JOINS_ROOMS: bool = false;

    /// Whether a message is delivered once a socket has taken it: clients of the contracts never
    /// say so themselves.
    const MARKS_RECEIVED: bool = true;

    /// Who connects. Asked twice: a session may end while its socket is on its way in.
    fn authenticate(
        &self,
        handshake: &Handshake<'_>,
    ) -> impl Future<Output = chat::Result<Caller>> + Send;

    /// The message of a `connect_error`.
    fn refuse_connection(&self, error: &chat::Error) -> String;

    /// What a socket hears first.
    fn welcome(&self, caller: &Caller) -> impl Future<Output = chat::Result<Vec<Printed>>> + Send;

    /// Does what a client asks for; the answer is the acknowledgement.
    fn answer(
        &self,
        asker: &Asker<'_, Self>,
        event: &str,
        arguments: Arguments,
    ) -> impl Future<Output = Result<Value, Refusal>> + Send;

    /// What a client hears of what was not done.
    fn refuse(&self, event: &str, refusal: &Refusal) -> Refused;

    /// An event as clients of this door hear it; nothing when the door has no words for it.
    fn print(&self, event: &Event) -> impl Future<Output = Result<Vec<Told>, chat::Error>> + Send;

    /// Whether whoever hears this event hears something of their own with it: a list that shows it.
    fn is_personal(&self, _event: &Event) -> bool {
        false
    }

    /// What one of the audience hears of their own.
    fn print_for(
        &self,
        _caller: &Caller,
        _event: &Event,
    ) -> impl Future<Output = chat::Result<Vec<Printed>>> + Send {
        std::future::ready(Ok(Vec::new()))
    }

    /// The socket has ended, and with it its user's presence in these rooms.
    fn depart(
        &self,
        _asker: &Asker<'_, Self>,
        _rooms: &[ConversationId],
    ) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// An event of a socket, serialised once for all who hear it.
pub struct Printed {
    name: Cow<'static, str>,
    payload: Box<RawValue>,
    /// Whether a client that is behind may miss it.
    is_volatile: bool,
    /// Of each namespace in which somebody has heard it.
    frames: Mutex<Vec<(Box<str>, Bytes)>>,
}

impl Printed {
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        payload: &impl serde::Serialize,
    ) -> chat::Result<Self> {
        Ok(Self {
            name: name.into(),
            payload: serde_json::value::to_raw_value(payload).map_err(chat::Error::internal)?,
            is_volatile: false,
            frames: Mutex::default(),
        })
    }

    /// As it stands on the wire, once for all who hear it.
    fn frame(&self, namespace: &str) -> serde_json::Result<Bytes> {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frame)) = frames.iter().find(|(it, _)| **it == *namespace) {
            return Ok(frame.clone());
        }
        let frame = frame::event(namespace, &self.name, &self.payload)?;
        frames.push((namespace.into(), frame.clone()));
        Ok(frame)
    }

    /// A client that is behind may miss it: the next one corrects it.
    #[must_use]
    pub fn volatile(mut self) -> Self {
        self.is_volatile = true;
        self
    }
}

/// An event for those of its audience who are to hear it in these words.
pub struct Told {
    printed: Arc<Printed>,
    hears: Box<dyn Fn(&Listener) -> bool + Send + Sync>,
}

impl Told {
    pub fn to_all(printed: Printed) -> Self {
        Self::to(printed, |_| true)
    }

    /// Only ever narrows the audience: who may hear an event is decided by the verb that tells it.
    pub fn to(printed: Printed, hears: impl Fn(&Listener) -> bool + Send + Sync + 'static) -> Self {
        Self {
            printed: Arc::new(printed),
            hears: Box::new(hears),
        }
    }
}

/// The acknowledgement of what was not done, and the event that says so, where the contract has one.
pub struct Refused {
    pub ack: Value,
    pub event: Option<Printed>,
}
