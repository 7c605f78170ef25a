//! The trait of a contract: its words, for what the gateway does alike for all doors.

use super::{
    arguments::Arguments,
    event_context::EventContext,
    handshake::Handshake,
    outgoing::{EncodedEvent, Fanout, Rejection},
};
use crate::problem::ApiError;
use chat::Caller;
use model::{ConversationId, Event};
use serde_json::Value;

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
    /// decides nothing but what `Recipient::is_in_room` says.
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
    fn on_connect(
        &self,
        caller: &Caller,
    ) -> impl Future<Output = chat::Result<Vec<EncodedEvent>>> + Send;

    /// Does what a client asks for; the answer is the acknowledgement.
    fn on_event(
        &self,
        context: &EventContext<'_>,
        event: &str,
        arguments: Arguments,
    ) -> impl Future<Output = Result<Value, ApiError>> + Send;

    /// What a client hears of what was not done.
    fn render_error(&self, event: &str, refusal: &ApiError) -> Rejection;

    /// An event as clients of this door hear it; nothing when the door has no words for it.
    fn render(
        &self,
        event: &Event,
    ) -> impl Future<Output = Result<Vec<Fanout>, chat::Error>> + Send;

    /// Whether whoever hears this event hears something of their own with it: a list that shows it.
    fn is_personalised(&self, _event: &Event) -> bool {
        false
    }

    /// What one of the audience hears of their own.
    fn render_for(
        &self,
        _caller: &Caller,
        _event: &Event,
    ) -> impl Future<Output = chat::Result<Vec<EncodedEvent>>> + Send {
        std::future::ready(Ok(Vec::new()))
    }

    /// The socket has ended, and with it its user's presence in these rooms.
    fn on_leave_rooms(
        &self,
        _context: &EventContext<'_>,
        _rooms: &[ConversationId],
    ) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}
