//! Outgoing events: one is encoded once for all its recipients of an app, and a filter may narrow its
//! audience.

use super::{
    frame,
    user_ref::{Template, UserIds, Viewer},
};
use bytes::Bytes;
use chat::{Caller, Chat, IdKind};
use model::UserId;
use serde_json::{Value, value::RawValue};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// A Socket.IO event with its payload serialised. `resolve` makes it ready to be emitted.
pub struct EncodedEvent {
    pub(super) name: Cow<'static, str>,
    template: Template,
    users: OnceLock<(IdKind, UserIds)>,
    /// Whether a client that reads slowly may miss it.
    pub(super) is_volatile: bool,
    /// The sender of the new message that the event is about.
    pub(super) sender: Option<UserId>,
    /// The WebSocket frame for each namespace and app to which it has been emitted, and for each user whose
    /// own address is in it.
    frames: Mutex<Vec<BuiltFrame>>,
}

struct BuiltFrame {
    namespace: Box<str>,
    viewer: Viewer,
    frame: Bytes,
}

impl EncodedEvent {
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        payload: &impl serde::Serialize,
    ) -> chat::Result<Self> {
        Ok(Self {
            name: name.into(),
            template: Template::new(serde_json::to_string(payload).map_err(chat::Error::internal)?),
            users: OnceLock::new(),
            is_volatile: false,
            sender: None,
            frames: Mutex::default(),
        })
    }

    /// Loads the ids of the users in the payload, for recipients of all apps. Without it an event with
    /// users in it cannot be emitted.
    pub(super) async fn resolve(&self, chat: &Chat, kind: IdKind) -> chat::Result<()> {
        if !self.template.is_plain() && self.users.get().is_none() {
            let ids = self.template.user_ids(chat).await?;
            // Another task may have been faster, with the same ids.
            let _ = self.users.set((kind, ids));
        }
        Ok(())
    }

    /// The WebSocket frame of this event, built once for each namespace and app.
    pub(super) fn frame(&self, namespace: &str, caller: &Caller) -> serde_json::Result<Bytes> {
        // A plain payload is the same for all apps.
        let viewer = self.template.viewer(caller);
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        let built = frames
            .iter()
            .find(|it| *it.namespace == *namespace && it.viewer == viewer);
        if let Some(built) = built {
            return Ok(built.frame.clone());
        }
        let frame = frame::event(namespace, &self.name, &self.payload(viewer)?)?;
        frames.push(BuiltFrame {
            namespace: namespace.into(),
            viewer,
            frame: frame.clone(),
        });
        Ok(frame)
    }

    /// Bytes of the payload, about: the ids of users are not in it yet.
    pub(super) fn len(&self) -> usize {
        self.template.json().len()
    }

    /// Whether it says the same as the other one.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        self.name == other.name && self.template.json() == other.template.json()
    }

    /// The payload for recipients of an app.
    pub(super) fn payload(&self, viewer: Viewer) -> serde_json::Result<Cow<'_, str>> {
        if self.template.is_plain() {
            return Ok(Cow::Borrowed(self.template.json()));
        }
        let (kind, ids) = self.users.get().ok_or_else(|| {
            serde::ser::Error::custom("the users of the payload have not been resolved")
        })?;
        Ok(Cow::Owned(self.template.fill(*kind, viewer, ids)))
    }

    /// The payload for Socket.IO's own encoder.
    pub(super) fn raw_payload(&self, viewer: Viewer) -> serde_json::Result<Box<RawValue>> {
        RawValue::from_string(self.payload(viewer)?.into_owned())
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
