//! The inbox of a socket: a bounded queue that keeps a client's events in the order of arrival. Two
//! async event handlers of one socket would race.

use super::{
    arguments::{Ack, Arguments},
    contract::Contract,
    limits::{MAX_EVENT_BYTES, MAX_INBOX_BYTES},
    polling_sessions::PollingSessions,
    state::Gateway,
    user_ref::Viewer,
};
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
use std::{
    convert::Infallible,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc::{self, error::TrySendError};

/// Events of one socket that may wait to be processed. Later ones are rejected as `unavailable`.
const CAPACITY: usize = 128;

/// Rate limit of one socket's events: per second, and at once. Verbs have limits of their own, per
/// user.
const EVENTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(50).unwrap();
const EVENTS_BURST: NonZeroU32 = NonZeroU32::new(300).unwrap();

const QUEUE_FULL: &str = "Too much waits here already. Try again.";

/// An event as it arrived, not parsed yet.
pub struct InboundEvent {
    packet: Packet,
    ack: Ack,
}

/// An event in the inbox; the gauge of the inbox depth counts it while it exists.
pub struct QueuedEvent {
    pub inbound: InboundEvent,
    _depth: DepthGuard,
}

struct DepthGuard {
    depth: Gauge,
    /// The bytes of all events in the inbox, and of this one.
    queued_bytes: Arc<AtomicUsize>,
    bytes: usize,
}

/// Accepts every packet: socketioxide would drop one whose extractor fails without an answer.
impl FromMessage<LocalAdapter> for InboundEvent {
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

impl InboundEvent {
    fn len(&self) -> usize {
        self.packet.as_str().map_or(0, |text| text.len())
    }

    /// The event's name and arguments, if it can be parsed, and the way to acknowledge it.
    pub fn into_parts(self) -> (Option<(String, Arguments)>, Ack) {
        (parse(&self.packet), self.ack)
    }
}

impl QueuedEvent {
    fn new(inbound: InboundEvent, depth: Gauge, queued_bytes: &Arc<AtomicUsize>) -> Self {
        depth.increment(1);
        let bytes = inbound.len();
        queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        Self {
            inbound,
            _depth: DepthGuard {
                depth,
                queued_bytes: Arc::clone(queued_bytes),
                bytes,
            },
        }
    }
}

impl Drop for DepthGuard {
    fn drop(&mut self) {
        self.depth.decrement(1);
        self.queued_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn parse(packet: &Packet) -> Option<(String, Arguments)> {
    let mut values: Vec<Value> = serde_json::from_str(packet.as_str()?).ok()?;
    if values.is_empty() {
        return None;
    }
    let Value::String(name) = values.remove(0) else {
        return None;
    };
    let has_attachments =
        matches!(packet, Packet::Str(_, Some(attachments)) if !attachments.is_empty());
    let arguments = Arguments {
        values,
        has_attachments,
    };
    Some((name, arguments))
}

/// Puts the socket's events into a queue, which ends when the socket disconnects.
pub fn listen<C: Contract>(
    gateway: &Gateway<C>,
    socket: &SocketRef,
) -> mpsc::Receiver<Box<QueuedEvent>> {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    let limiter = gateway.rate_limited.then(|| Arc::new(limiter()));
    let inbox = InboxSender {
        events: sender.downgrade(),
        bytes: Arc::default(),
        sessions: gateway.hub.polling_sessions.clone(),
    };
    // The engine calls the closure in the order of arrival; it spawns the future that is returned.
    socket.on_fallback(move |socket: SocketRef, inbound: InboundEvent| {
        receive::<C>(&socket, &inbox, limiter.as_deref(), inbound);
        ready(())
    });
    // The only strong sender: the engine drops it when the socket ends, which closes the queue.
    socket.on_disconnect(move || {
        drop(sender);
        ready(())
    });
    receiver
}

#[derive(Clone)]
struct InboxSender {
    events: mpsc::WeakSender<Box<QueuedEvent>>,
    /// Bytes of the events in the inbox.
    bytes: Arc<AtomicUsize>,
    sessions: PollingSessions,
}

pub fn limiter() -> DefaultDirectRateLimiter {
    RateLimiter::direct(Quota::per_second(EVENTS_PER_SECOND).allow_burst(EVENTS_BURST))
}

fn receive<C: Contract>(
    socket: &Socket,
    inbox: &InboxSender,
    limiter: Option<&DefaultDirectRateLimiter>,
    inbound: InboundEvent,
) {
    if let Some(limiter) = limiter
        && let Err(until) = limiter.check()
    {
        let retry_after = until.wait_time_from(limiter.clock().now()) + Duration::from_secs(1);
        let error = Error::TooManyRequests {
            of: "",
            retry_after,
        };
        inbox.sessions.pause_reading(socket);
        return reject::<C>(socket, inbound, &error.into());
    }
    if inbound.len() > MAX_EVENT_BYTES {
        let reason = format!("may have {MAX_EVENT_BYTES} bytes at most");
        let error = Error::invalid("event", reason);
        return reject::<C>(socket, inbound, &error.into());
    }
    let Some(events) = inbox.events.upgrade() else {
        return;
    };
    let queued_bytes = inbox.bytes.load(Ordering::Relaxed);
    let detail = match events.try_reserve() {
        // An event that is alone always fits.
        Ok(_) if queued_bytes > 0 && queued_bytes + inbound.len() > MAX_INBOX_BYTES => QUEUE_FULL,
        Ok(permit) => {
            let depth = gauge!("parlance_socket_inbox_depth", "door" => C::DOOR);
            // Boxed, because the channel reserves memory for events in blocks, for every socket.
            return permit.send(Box::new(QueuedEvent::new(inbound, depth, &inbox.bytes)));
        }
        Err(TrySendError::Full(())) => QUEUE_FULL,
        Err(TrySendError::Closed(())) => "This connection is ending. Connect again.",
    };
    let error = ApiError::http(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Unavailable,
        detail,
    );
    reject::<C>(socket, inbound, &error);
}

/// Answers an event with an error, as an acknowledgement and as the contract's error event.
pub fn reject<C: Contract>(socket: &Socket, inbound: InboundEvent, error: &ApiError) {
    let reason = error.problem().code.title();
    counter!("parlance_socket_refused_total", "door" => C::DOOR, "reason" => reason).increment(1);
    let name = parse(&inbound.packet).map(|(name, _)| name);
    let rejection = C::render_error(name.as_deref().unwrap_or_default(), error);
    // Sending fails when the client is gone, or reads slowly: the next event aborts it then.
    if let Some(event) = rejection.event {
        // An error names no user, so it is the same for all apps.
        let _ = event
            .raw_payload(Viewer::default())
            .map(|payload| socket.emit(&*event.name, &payload));
    }
    let _ = inbound.ack.sender.send(&rejection.ack);
}
