//! The inbox of a socket: its events in the order in which they were sent, one at a time.

use super::{Contract, MAX_EVENT, door::Door};
use crate::problem::ApiError;
use chat::Error;
use futures_util::future::ready;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock};
use http::StatusCode;
use metrics::{Gauge, counter, gauge};
use model::ErrorCode;
use serde_json::Value;
use socketioxide::{
    adapter::LocalAdapter,
    extract::{AckSender, SocketRef},
    handler::{FromMessage, FromMessageParts, Value as Packet},
    socket::Socket,
};
use std::{convert::Infallible, num::NonZeroU32, sync::Arc, time::Duration};
use tokio::sync::mpsc::{self, error::TrySendError};

/// How many events of a socket may wait for their turn.
const CAPACITY: usize = 128;

/// Events of one socket: per second, and at once. Verbs have limits of their own, per user.
const EVENTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(50).unwrap();
const EVENTS_BURST: NonZeroU32 = NonZeroU32::new(300).unwrap();

/// An event as it came, not yet read.
pub struct Inbound {
    packet: Packet,
    ack: Ack,
}

/// The way to answer an event.
pub struct Ack {
    /// None for an event whose client waits for no answer.
    pub id: Option<i64>,
    pub sender: AckSender,
}

/// An event that waits for its turn, and is counted while it does.
pub struct Queued {
    pub inbound: Inbound,
    _depth: Depth,
}

struct Depth(Gauge);

/// What came with an event.
#[derive(Debug, Default)]
pub struct Arguments {
    pub values: Vec<Value>,
    pub has_attachments: bool,
}

/// Takes whatever comes, so that nothing goes without an answer.
impl FromMessage<LocalAdapter> for Inbound {
    type Error = Infallible;

    fn from_message(
        socket: Arc<Socket>,
        mut packet: Packet,
        ack_id: Option<i64>,
    ) -> Result<Self, Infallible> {
        let sender = AckSender::from_message_parts(&socket, &mut packet, &ack_id)?;
        let ack = Ack { id: ack_id, sender };
        Ok(Self { packet, ack })
    }
}

impl Inbound {
    fn len(&self) -> usize {
        self.packet.as_str().map_or(0, |text| text.len())
    }

    /// The event's name, what came with it, and the way to answer.
    pub fn open(self) -> (Option<(String, Arguments)>, Ack) {
        (read(&self.packet), self.ack)
    }
}

impl Queued {
    fn new(inbound: Inbound, depth: Gauge) -> Self {
        depth.increment(1);
        Self {
            inbound,
            _depth: Depth(depth),
        }
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

fn read(packet: &Packet) -> Option<(String, Arguments)> {
    let mut values: Vec<Value> = serde_json::from_str(packet.as_str()?).ok()?;
    if values.is_empty() {
        return None;
    }
    let Value::String(name) = values.remove(0) else {
        return None;
    };
    let has_attachments =
        matches!(packet, Packet::Str(_, Some(attachments)) if !attachments.is_empty());
    Some((
        name,
        Arguments {
            values,
            has_attachments,
        },
    ))
}

/// Listens to the socket. The queue ends with its connection.
pub fn listen<C: Contract>(door: &Arc<Door<C>>, socket: &SocketRef) -> mpsc::Receiver<Box<Queued>> {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    let limiter = door.limited.then(|| Arc::new(limiter()));
    let (door, inbox) = (Arc::clone(door), sender.downgrade());
    // The body of the closure runs in the order of arrival; what it returned as a future would not.
    socket.on_fallback(move |socket: SocketRef, inbound: Inbound| {
        receive(&door, &socket, &inbox, limiter.as_deref(), inbound);
        ready(())
    });
    // The only strong sender: the engine drops it, and with it the queue, when the socket ends.
    socket.on_disconnect(move || {
        drop(sender);
        ready(())
    });
    receiver
}

fn limiter() -> DefaultDirectRateLimiter {
    RateLimiter::direct(Quota::per_second(EVENTS_PER_SECOND).allow_burst(EVENTS_BURST))
}

fn receive<C: Contract>(
    door: &Door<C>,
    socket: &Socket,
    inbox: &mpsc::WeakSender<Box<Queued>>,
    limiter: Option<&DefaultDirectRateLimiter>,
    inbound: Inbound,
) {
    if let Some(limiter) = limiter
        && let Err(until) = limiter.check()
    {
        let retry_after = until.wait_time_from(limiter.clock().now()) + Duration::from_secs(1);
        return refuse(
            door,
            socket,
            inbound,
            &Error::TooManyRequests { retry_after }.into(),
        );
    }
    if inbound.len() > MAX_EVENT {
        let reason = format!("may have {MAX_EVENT} bytes at most");
        return refuse(
            door,
            socket,
            inbound,
            &Error::invalid("event", reason).into(),
        );
    }
    let Some(inbox) = inbox.upgrade() else {
        return;
    };
    let detail = match inbox.try_reserve() {
        Ok(place) => {
            let depth = gauge!("parlance_socket_inbox_depth", "door" => C::DOOR);
            // In a box: the queue keeps room for many, for each socket.
            return place.send(Box::new(Queued::new(inbound, depth)));
        }
        Err(TrySendError::Full(())) => "Too much waits here already. Try again.",
        Err(TrySendError::Closed(())) => "This connection is ending. Connect again.",
    };
    let refusal = ApiError::http(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Unavailable,
        detail,
    );
    refuse(door, socket, inbound, &refusal);
}

fn refuse<C: Contract>(door: &Door<C>, socket: &Socket, inbound: Inbound, refusal: &ApiError) {
    let reason = refusal.problem().code.title();
    counter!("parlance_socket_refused_total", "door" => C::DOOR, "reason" => reason).increment(1);
    let name = read(&inbound.packet).map(|(name, _)| name);
    let refused = door
        .contract
        .render_error(name.as_deref().unwrap_or_default(), refusal);
    // A client that is gone needs no answer, one that is behind will be cut by the next event.
    if let Some(event) = refused.event {
        let _ = socket.emit(&*event.name, &event.payload);
    }
    let _ = inbound.ack.sender.send(&refused.ack);
}
