//! A subscriber: one Socket.IO socket with its caller, from the handshake to its end.

use super::{
    arguments::Ack,
    connection::Connection,
    frame,
    limits::{MAX_BUFFERED_BYTES, MAX_BUFFERED_EVENTS},
    outgoing::EncodedEvent,
    polling_queue::PollingQueue,
    write_queue::{FlushPriority, SlowConsumer},
};
use chat::{Authentication, Caller};
use model::{ConversationId, UserRole};
use serde::Serialize;
use socketioxide::{SendError, SocketError, extract::SocketRef};
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use tokio::sync::Notify;

/// Subscribers have ids of their own, because a socket's id names its connection, which may be in
/// several namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriberId(u64);

impl SubscriberId {
    /// The smallest of all.
    pub const FIRST: Self = Self(0);

    /// An id that no other subscriber of this process has.
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

pub struct Subscriber {
    pub id: SubscriberId,
    /// As they connected. Handlers get `current_caller`, with the role that they have by now.
    pub caller: Caller,
    is_admin: AtomicBool,
    /// Whether the token says which role the caller has, which no change in the database takes back.
    is_role_fixed: bool,
    /// When the token expires with which the socket was opened, in seconds. `None` for never: sockets of
    /// our own sessions last as long as these.
    pub expires_at: Option<i64>,
    pub socket: SocketRef,
    /// None for a socket that began with long polling: its events go through the engine.
    pub connection: Option<Connection>,
    /// Of a socket that began with long polling: what waits in the engine.
    pub polling_queue: Option<Arc<PollingQueue>>,
    /// The engine has answered CONNECT with success. A socket that ends before is rejected instead.
    connected: AtomicBool,
    state: Mutex<State>,
    /// First events that may come again as live ones, of which they are dropped then. Unset while
    /// there are none.
    told: OnceLock<Vec<EncodedEvent>>,
    drain: Notify,
    rooms_left: Mutex<Vec<ConversationId>>,
}

enum State {
    /// The first events of the connection have not been emitted yet; others wait behind them.
    Buffering(Buffer),
    /// More has come than is kept: the first events have to be read once more, and what has come before
    /// is in them.
    Overflowed,
    Live,
    /// As `Live`, while an event of the client is processed: a message of the caller's own waits until
    /// the event is answered.
    Answering,
    /// Such a message has come, and all later events wait behind it.
    Holding(Buffer),
    /// Nothing is emitted any more, and queued events of the client are dropped.
    Closed,
}

/// Events that wait for a socket.
#[derive(Default)]
struct Buffer {
    events: Vec<Arc<EncodedEvent>>,
    bytes: usize,
}

impl Buffer {
    /// Adds an event if there is room; whether there was.
    fn try_add(&mut self, event: &Arc<EncodedEvent>) -> bool {
        let bytes = self.bytes + event.len();
        let has_room = self.events.is_empty()
            || (self.events.len() < MAX_BUFFERED_EVENTS && bytes <= MAX_BUFFERED_BYTES);
        if has_room {
            self.events.push(Arc::clone(event));
            self.bytes = bytes;
        }
        has_room
    }
}

/// Whether a socket has gone live.
#[derive(Debug, PartialEq, Eq)]
pub enum GoneLive {
    Yes,
    /// More has come meanwhile than is kept: the first events have to be read again.
    ReadAgain,
}

/// What became of an event that was emitted to a subscriber.
pub enum Emitted<'a> {
    /// The connection or the engine has it in its queue. The flush is what the caller has to see to;
    /// `None` if one is due already.
    Enqueued(Option<(&'a Connection, FlushPriority)>),
    /// It is enqueued when the socket goes live.
    Buffered,
    /// Nobody gets it: the socket has ended, or the event could not be encoded.
    Dropped,
}

impl Subscriber {
    pub fn new(
        authentication: &Authentication,
        socket: SocketRef,
        connection: Option<Connection>,
        polling_queue: Option<Arc<PollingQueue>>,
    ) -> Self {
        let caller = authentication.caller;
        Self {
            id: SubscriberId::next(),
            caller,
            is_admin: AtomicBool::new(caller.role == UserRole::Admin),
            is_role_fixed: authentication.is_role_fixed,
            expires_at: authentication.expires_at,
            socket,
            connection,
            polling_queue,
            connected: AtomicBool::new(false),
            state: Mutex::new(State::Buffering(Buffer::default())),
            told: OnceLock::new(),
            drain: Notify::new(),
            rooms_left: Mutex::default(),
        }
    }

    /// The caller with the role that they have now.
    pub fn current_caller(&self) -> Caller {
        let role = if self.is_admin.load(Ordering::Relaxed) {
            UserRole::Admin
        } else {
            UserRole::Member
        };
        Caller {
            role,
            ..self.caller
        }
    }

    /// Takes over the role that the database has, unless the token claims another.
    pub fn set_role(&self, role: UserRole) {
        if !self.is_role_fixed {
            self.is_admin
                .store(role == UserRole::Admin, Ordering::Relaxed);
        }
    }

    /// Buffers or enqueues an event.
    pub fn emit(
        &self,
        event: &Arc<EncodedEvent>,
        priority: FlushPriority,
    ) -> Result<Emitted<'_>, SlowConsumer> {
        let mut state = self.state();
        if self.has_told(event) {
            return Ok(Emitted::Dropped);
        }
        match &mut *state {
            State::Buffering(buffer) | State::Holding(buffer) => {
                if buffer.try_add(event) {
                    return Ok(Emitted::Buffered);
                }
                if event.is_volatile || matches!(*state, State::Holding(_)) {
                    return Err(SlowConsumer);
                }
                *state = State::Overflowed;
                Ok(Emitted::Dropped)
            }
            State::Overflowed | State::Closed => Ok(Emitted::Dropped),
            state @ State::Answering if event.sender == Some(self.caller.user_id) => {
                let mut held = Buffer::default();
                // The first one has room.
                let _ = held.try_add(event);
                *state = State::Holding(held);
                Ok(Emitted::Buffered)
            }
            State::Live | State::Answering => self.enqueue(event, priority),
        }
    }

    /// Waits until CONNECT has been answered: the client must receive nothing before that. Once only.
    pub async fn connect_acked(&self) {
        if let Some(connection) = &self.connection {
            connection.connect_acked(self.socket.ns()).await;
        }
    }

    /// Emits the first events and then what was buffered meanwhile; later events are enqueued at
    /// once. What happens while the first events are read may be in them and come live as well: events
    /// of the name `repeatable` are then emitted once.
    pub fn go_live(
        &self,
        mut first_events: Vec<EncodedEvent>,
        repeatable: Option<&str>,
    ) -> Result<GoneLive, SlowConsumer> {
        {
            let mut state = self.state();
            let buffer = match &mut *state {
                State::Buffering(buffer) => std::mem::take(buffer).events,
                State::Overflowed => {
                    *state = State::Buffering(Buffer::default());
                    return Ok(GoneLive::ReadAgain);
                }
                _ => return Ok(GoneLive::Yes),
            };
            for event in &first_events {
                self.enqueue(event, FlushPriority::Immediate)?;
            }
            first_events.retain(|it| repeatable == Some(&*it.name));
            if !first_events.is_empty() {
                // Nothing else sets it, as a socket goes live once.
                let _ = self.told.set(first_events);
            }
            for event in buffer.iter().filter(|it| !self.has_told(it)) {
                self.enqueue(event, FlushPriority::Immediate)?;
            }
            *state = State::Live;
        }
        self.flush();
        Ok(GoneLive::Yes)
    }

    fn has_told(&self, event: &EncodedEvent) -> bool {
        let told = self.told.get();
        told.is_some_and(|told| told.iter().any(|it| event.repeats(it)))
    }

    /// Emits an event that is part of the answer to the client's own: ahead of what is held.
    pub fn emit_answer(&self, event: &Arc<EncodedEvent>) -> Result<Emitted<'_>, SlowConsumer> {
        let state = self.state();
        if matches!(*state, State::Answering | State::Holding(_)) {
            return self.enqueue(event, FlushPriority::Immediate);
        }
        drop(state);
        self.emit(event, FlushPriority::Immediate)
    }

    /// From here on, messages of the caller's own wait for `end_answer`: a client learns that its
    /// message was sent before it receives it.
    pub fn begin_answer(&self) {
        let mut state = self.state();
        if matches!(*state, State::Live) {
            *state = State::Answering;
        }
    }

    /// Emits what was held.
    pub fn end_answer(&self) -> Result<(), SlowConsumer> {
        {
            let mut state = self.state();
            let held = match &mut *state {
                State::Answering => Vec::new(),
                State::Holding(held) => std::mem::take(held).events,
                State::Buffering(_) | State::Overflowed | State::Live | State::Closed => {
                    return Ok(());
                }
            };
            *state = State::Live;
            for event in &held {
                self.enqueue(event, FlushPriority::Immediate)?;
            }
            if held.is_empty() {
                return Ok(());
            }
        }
        self.flush();
        Ok(())
    }

    /// Acknowledges an event, over the same way as emitted events, so that both keep their order.
    pub fn acknowledge(
        &self,
        ack: Ack,
        answer: &(impl Serialize + Sync),
    ) -> Result<(), SlowConsumer> {
        let (Some(connection), Some(id)) = (&self.connection, ack.id) else {
            return self.acknowledge_through_engine(ack, answer);
        };
        match frame::ack(self.socket.ns(), id, answer) {
            Ok(frame) => {
                connection.enqueue(frame, FlushPriority::Immediate)?;
                connection.flush();
            }
            Err(error) => tracing::error!(%error, "an answer could not be encoded"),
        }
        Ok(())
    }

    fn acknowledge_through_engine(
        &self,
        ack: Ack,
        answer: &impl Serialize,
    ) -> Result<(), SlowConsumer> {
        let answer = match serde_json::value::to_raw_value(answer) {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!(%error, "an answer could not be encoded");
                return Ok(());
            }
        };
        if let (Some(queue), Some(_)) = (&self.polling_queue, ack.id) {
            queue.add_ack(self.socket.ns(), answer.get())?;
        }
        match ack.sender.send(&answer) {
            Err(SendError::Socket(SocketError::InternalChannelFull)) => Err(SlowConsumer),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Bytes that wait for the client.
    pub fn backlog(&self) -> usize {
        match (&self.connection, &self.polling_queue) {
            (Some(connection), _) => connection.backlog(),
            (None, Some(queue)) => queue.backlog(),
            (None, None) => 0,
        }
    }

    pub fn flush(&self) {
        if let Some(connection) = &self.connection {
            connection.flush();
        }
    }

    /// Stops emitting to the socket, and drops the client's events that have not begun.
    pub fn close(&self) {
        *self.state() = State::Closed;
        self.request_drain();
    }

    /// Lets the socket take no further events; those that it has taken are still processed.
    pub fn request_drain(&self) {
        self.drain.notify_one();
    }

    pub async fn drain_requested(&self) {
        self.drain.notified().await;
    }

    /// Notes rooms in which the user has no socket left, for `on_leave_rooms`.
    pub fn add_rooms_left(&self, rooms: Vec<ConversationId>) {
        self.lock_rooms_left().extend(rooms);
    }

    pub fn take_rooms_left(&self) -> Vec<ConversationId> {
        std::mem::take(&mut self.lock_rooms_left())
    }

    pub fn mark_connected(&self) {
        self.connected.store(true, Ordering::SeqCst);
    }

    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::SeqCst)
    }

    pub fn is_closed(&self) -> bool {
        matches!(*self.state(), State::Closed)
    }

    fn enqueue(
        &self,
        event: &EncodedEvent,
        priority: FlushPriority,
    ) -> Result<Emitted<'_>, SlowConsumer> {
        let Some(connection) = &self.connection else {
            return self.emit_through_engine(event);
        };
        if event.is_volatile && connection.is_blocked() {
            return Err(SlowConsumer);
        }
        match event.frame(self.socket.ns(), &self.caller) {
            Ok(frame) => {
                let flush = connection.enqueue(frame, priority)?;
                Ok(Emitted::Enqueued(
                    flush.map(|priority| (connection, priority)),
                ))
            }
            Err(error) => {
                tracing::error!(%error, event = %event.name, "an event could not be encoded");
                Ok(Emitted::Dropped)
            }
        }
    }

    /// Emits to a socket that began with long polling: its events must stay behind those that the
    /// engine had queued before an upgrade.
    fn emit_through_engine(&self, event: &EncodedEvent) -> Result<Emitted<'_>, SlowConsumer> {
        let payload = match event.raw_payload((&self.caller).into()) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::error!(%error, event = %event.name, "an event could not be encoded");
                return Ok(Emitted::Dropped);
            }
        };
        let name = &*event.name;
        if let Some(queue) = &self.polling_queue {
            queue.add_event(self.socket.ns(), name, payload.get())?;
        }
        let Err(error) = self.socket.emit(name, &payload) else {
            return Ok(Emitted::Enqueued(None));
        };
        if let Some(queue) = &self.polling_queue {
            queue.subtract_event(self.socket.ns(), name, payload.get());
        }
        match error {
            SendError::Socket(SocketError::InternalChannelFull) => Err(SlowConsumer),
            SendError::Serialize(error) => {
                tracing::error!(%error, event = %name, "an event could not be encoded");
                Ok(Emitted::Dropped)
            }
            // A closed socket is about to be unregistered.
            SendError::Socket(_) => Ok(Emitted::Dropped),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_rooms_left(&self) -> MutexGuard<'_, Vec<ConversationId>> {
        let rooms = self.rooms_left.lock();
        rooms.unwrap_or_else(PoisonError::into_inner)
    }
}
