//! What goes out to sockets: an event encoded once for all, and who of its audience hears it.

use super::{Recipient, frame};
use bytes::Bytes;
use serde_json::{Value, value::RawValue};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

/// An event of a socket, serialised once for all who hear it.
pub struct EncodedEvent {
    pub(super) name: Cow<'static, str>,
    pub(super) payload: Box<RawValue>,
    /// Whether a client that is behind may miss it.
    pub(super) is_volatile: bool,
    /// Of each namespace in which somebody has heard it.
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

    /// As it stands on the wire, once for all who hear it.
    pub(super) fn frame(&self, namespace: &str) -> serde_json::Result<Bytes> {
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
pub struct Fanout {
    pub(super) printed: Arc<EncodedEvent>,
    pub(super) hears: Box<dyn Fn(&Recipient) -> bool + Send + Sync>,
}

impl Fanout {
    pub fn to_all(printed: EncodedEvent) -> Self {
        Self::to(printed, |_| true)
    }

    /// Only ever narrows the audience: who may hear an event is decided by the verb that tells it.
    pub fn to(
        printed: EncodedEvent,
        hears: impl Fn(&Recipient) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            printed: Arc::new(printed),
            hears: Box::new(hears),
        }
    }
}

/// The acknowledgement of what was not done, and the event that says so, where the contract has one.
pub struct Rejection {
    pub ack: Value,
    pub event: Option<EncodedEvent>,
}
