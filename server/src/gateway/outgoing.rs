//! Outgoing events: one is encoded once for all its recipients, and a filter may narrow its audience.

use super::frame;
use bytes::Bytes;
use model::UserId;
use serde_json::{Value, value::RawValue};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

/// A Socket.IO event with its payload serialised.
pub struct EncodedEvent {
    pub(super) name: Cow<'static, str>,
    pub(super) payload: Box<RawValue>,
    /// Whether a client that reads slowly may miss it.
    pub(super) is_volatile: bool,
    /// The WebSocket frame for each namespace in which it has been emitted.
    frames: Mutex<Vec<(Box<str>, Bytes)>>,
}

impl EncodedEvent {
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

    /// The WebSocket frame of this event, built once for each namespace.
    pub(super) fn frame(&self, namespace: &str) -> serde_json::Result<Bytes> {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frame)) = frames.iter().find(|(it, _)| **it == *namespace) {
            return Ok(frame.clone());
        }
        let frame = frame::event(namespace, &self.name, &self.payload)?;
        frames.push((namespace.into(), frame.clone()));
        Ok(frame)
    }

    /// Lets slow consumers miss this event, because the next one of its kind corrects them.
    #[must_use]
    pub fn volatile(mut self) -> Self {
        self.is_volatile = true;
        self
    }
}

/// One socket of an event's audience, as filters see it.
pub struct Recipient {
    pub user_id: UserId,
    /// The socket has joined the Socket.IO room of the event's conversation.
    pub is_in_room: bool,
}

/// An event for those recipients of its audience that pass a filter.
pub struct Fanout {
    pub(super) event: Arc<EncodedEvent>,
    pub(super) filter: Box<dyn Fn(&Recipient) -> bool + Send + Sync>,
}

impl Fanout {
    pub fn to_all(event: EncodedEvent) -> Self {
        Self::to(event, |_| true)
    }

    /// The filter only narrows the audience: the verb that publishes an event decides who may get it.
    pub fn to(
        event: EncodedEvent,
        filter: impl Fn(&Recipient) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            event: Arc::new(event),
            filter: Box::new(filter),
        }
    }
}

/// How a contract reports an error: the acknowledgement, and an error event where it has one.
pub struct Rejection {
    pub ack: Value,
    pub event: Option<EncodedEvent>,
}
