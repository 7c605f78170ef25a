//! A seat: one socket in the audience, from its welcome to its end.

use super::{
    EncodedEvent, OUTBOX, frame,
    inbox::Ack,
    line::{Behind, Haste, Line},
};
use chat::Caller;
use model::ConversationId;
use serde_json::Value;
use socketioxide::{SendError, SocketError, extract::SocketRef};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use tokio::sync::Notify;

/// A socket's own id says which connection it is, and a connection may be in several namespaces.
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// One socket in the audience.
pub struct Seat {
    pub id: u64,
    pub caller: Caller,
    pub socket: SocketRef,
    /// The connection, when the socket never was a long poll.
    pub line: Option<Line>,
    /// Whether the client is told by now that it is connected; what ends before is refused instead.
    connected: AtomicBool,
    ear: Mutex<Ear>,
    last_call: Notify,
    rooms_left: Mutex<Vec<ConversationId>>,
}

enum Ear {
    /// Not yet welcomed: what happens meanwhile waits here.
    Waiting(Vec<Arc<EncodedEvent>>),
    Hearing,
    /// Hears and asks no more, whatever is still under way.
    Over,
}

impl Seat {
    pub fn new(caller: Caller, socket: SocketRef, line: Option<Line>) -> Self {
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            caller,
            socket,
            line,
            connected: AtomicBool::new(false),
            ear: Mutex::new(Ear::Waiting(Vec::new())),
            last_call: Notify::new(),
            rooms_left: Mutex::default(),
        }
    }

    /// Answers with the line, and how soon, if that has to be flushed for it.
    pub fn tell(
        &self,
        printed: &Arc<EncodedEvent>,
        haste: Haste,
    ) -> Result<Option<(&Line, Haste)>, Behind> {
        match &mut *self.ear() {
            Ear::Waiting(held) if held.len() >= OUTBOX / 2 => Err(Behind),
            Ear::Waiting(held) => {
                held.push(Arc::clone(printed));
                Ok(None)
            }
            Ear::Hearing => self.emit(printed, haste),
            Ear::Over => Ok(None),
        }
    }

    /// From here on the socket hears everything, beginning with what it missed while waiting.
    pub async fn welcome(&self, welcome: &[EncodedEvent]) -> Result<(), Behind> {
        if let Some(line) = &self.line {
            line.greeted(self.socket.ns()).await;
        }
        {
            let mut ear = self.ear();
            let Ear::Waiting(held) = &mut *ear else {
                return Ok(());
            };
            let held = std::mem::take(held);
            for printed in welcome.iter().chain(held.iter().map(|held| &**held)) {
                self.emit(printed, Haste::Now)?;
            }
            *ear = Ear::Hearing;
        }
        self.flush();
        Ok(())
    }

    /// Acknowledges an event; it goes through the engine where the socket's events do.
    pub fn acknowledge(&self, inbound: Ack, answer: &Value) -> Result<(), Behind> {
        let (Some(line), Some(id)) = (&self.line, inbound.id) else {
            return match inbound.sender.send(answer) {
                Err(SendError::Socket(SocketError::InternalChannelFull)) => Err(Behind),
                Ok(()) | Err(_) => Ok(()),
            };
        };
        match frame::ack(self.socket.ns(), id, answer) {
            Ok(frame) => {
                line.say(frame, Haste::Now)?;
                line.flush();
            }
            Err(error) => tracing::error!(%error, "an answer could not be encoded"),
        }
        Ok(())
    }

    pub fn flush(&self) {
        if let Some(line) = &self.line {
            line.flush();
        }
    }

    /// From here on the socket hears nothing, and what it has asked is not done any more.
    pub fn silence(&self) {
        *self.ear() = Ear::Over;
        self.finish();
    }

    /// What the socket has asked so far is the last that it may ask.
    pub fn finish(&self) {
        self.last_call.notify_one();
    }

    pub async fn last_call(&self) {
        self.last_call.notified().await;
    }

    /// Notes the rooms that its user is in no more; once, whoever ends the socket.
    pub fn leave_rooms(&self, rooms: Vec<ConversationId>) {
        let mut left = self
            .rooms_left
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        left.extend(rooms);
    }

    pub fn rooms_left(&self) -> Vec<ConversationId> {
        let mut left = self
            .rooms_left
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut left)
    }

    pub fn connect(&self) {
        self.connected.store(true, Ordering::SeqCst);
    }

    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::SeqCst)
    }

    pub fn is_over(&self) -> bool {
        matches!(*self.ear(), Ear::Over)
    }

    fn emit(&self, printed: &EncodedEvent, haste: Haste) -> Result<Option<(&Line, Haste)>, Behind> {
        let Some(line) = &self.line else {
            return self.emit_through_engine(printed).map(|()| None);
        };
        if printed.is_volatile && line.is_blocked() {
            return Err(Behind);
        }
        match printed.frame(self.socket.ns()) {
            Ok(frame) => Ok(line.say(frame, haste)?.map(|haste| (line, haste))),
            Err(error) => {
                tracing::error!(%error, event = %printed.name, "an event could not be encoded");
                Ok(None)
            }
        }
    }

    /// For a socket that began with long polling: what it hears must stay behind what the engine
    /// had for it before.
    fn emit_through_engine(&self, printed: &EncodedEvent) -> Result<(), Behind> {
        match self.socket.emit(&*printed.name, &printed.payload) {
            Err(SendError::Socket(SocketError::InternalChannelFull)) => Err(Behind),
            Err(SendError::Serialize(error)) => {
                tracing::error!(%error, event = %printed.name, "an event could not be encoded");
                Ok(())
            }
            // A closed socket is on its way out.
            Ok(()) | Err(SendError::Socket(_)) => Ok(()),
        }
    }

    fn ear(&self) -> MutexGuard<'_, Ear> {
        self.ear.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
