//! What happened, on its way from the verb that committed it to every door, on every node.

mod frame;
pub(crate) mod redis;
pub(crate) mod sequence;
pub(crate) mod wire;

pub(crate) use frame::Frame;

use crate::nodes::Nodes;
use model::{ConversationId, Event, SessionId, UserId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::broadcast;

/// How far a door may stay behind before it misses deliveries.
const CAPACITY: usize = 65_536;

/// Who hears an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// The members of these conversations, each once.
    Conversations(Vec<ConversationId>),
    /// All devices of these users.
    Users(Vec<UserId>),
    Everyone,
}

/// One thing for the doors to do. Each door works them off in order, one after the other, so that
/// whoever lost a membership hears nothing of what was said after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::large_enum_variant,
    reason = "every delivery lives behind an Arc"
)]
pub enum Delivery {
    Emit {
        audience: Audience,
        /// Someone who need not be told, on any device: whoever is typing, say.
        except: Option<UserId>,
        event: Event,
    },
    /// From here on these users hear the conversation.
    Subscribe {
        conversation_id: ConversationId,
        user_ids: Vec<UserId>,
    },
    /// From here on these users hear the conversation no more.
    Unsubscribe {
        conversation_id: ConversationId,
        user_ids: Vec<UserId>,
    },
    /// From here on nobody hears the conversation.
    CloseConversation { conversation_id: ConversationId },
    /// A session was revoked: its sockets end.
    DisconnectSession(SessionId),
    /// A user was blocked: all their sockets end.
    DisconnectUser(UserId),
}

impl Delivery {
    pub(crate) fn to_conversation(conversation_id: ConversationId, event: Event) -> Self {
        Self::Emit {
            audience: Audience::Conversations(vec![conversation_id]),
            except: None,
            event,
        }
    }

    pub(crate) fn to_user(user_id: UserId, event: Event) -> Self {
        Self::Emit {
            audience: Audience::Users(vec![user_id]),
            except: None,
            event,
        }
    }
}

/// From the verbs to the doors of this node, which needs nobody else, and then to the other nodes,
/// where there are any.
pub(crate) struct Bus {
    doors: Doors,
    nodes: Option<Arc<Nodes>>,
}

impl Bus {
    /// Of a node that is alone.
    pub fn alone() -> Self {
        Self {
            doors: Doors::default(),
            nodes: None,
        }
    }

    pub fn among(nodes: Arc<Nodes>) -> Self {
        Self {
            doors: nodes.doors().clone(),
            nodes: Some(nodes),
        }
    }

    /// Only after commit.
    pub fn publish(&self, delivery: Delivery) {
        match &self.nodes {
            None => self.doors.tell(Arc::new(delivery)),
            Some(nodes) => nodes.publish(Frame::of(vec![delivery])),
        }
    }

    /// What one change has to say, with nothing else in between on any node. Only after commit.
    pub fn publish_all(&self, deliveries: Vec<Delivery>) {
        match &self.nodes {
            None => deliveries
                .into_iter()
                .for_each(|it| self.doors.tell(Arc::new(it))),
            Some(nodes) => nodes.publish(Frame::of(deliveries)),
        }
    }

    /// To the doors of this node only: the others know by themselves.
    pub fn tell_here(&self, delivery: Delivery) {
        self.doors.tell(Arc::new(delivery));
    }

    pub fn nodes(&self) -> Option<&Arc<Nodes>> {
        self.nodes.as_ref()
    }

    pub fn subscribe(&self) -> Subscription {
        Subscription(self.doors.0.subscribe())
    }
}

/// All doors of this node.
#[derive(Clone)]
pub(crate) struct Doors(broadcast::Sender<Arc<Delivery>>);

impl Default for Doors {
    fn default() -> Self {
        Self(broadcast::channel(CAPACITY).0)
    }
}

impl Doors {
    pub fn tell(&self, delivery: Arc<Delivery>) {
        // An error says that no door listens, and then nobody needs to hear it.
        let _ = self.0.send(delivery);
    }
}

/// A door's ear.
pub struct Subscription(broadcast::Receiver<Arc<Delivery>>);

/// The door was too slow and missed this many deliveries: its clients must resume by sequence.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} deliveries were missed")]
pub struct Lagged(pub u64);

impl Subscription {
    /// The next delivery, or `None` when the chat is gone.
    pub async fn next(&mut self) -> Option<Result<Arc<Delivery>, Lagged>> {
        match self.0.recv().await {
            Ok(delivery) => Some(Ok(delivery)),
            Err(broadcast::error::RecvError::Lagged(count)) => Some(Err(Lagged(count))),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// The next delivery, if one is there already.
    pub fn try_next(&mut self) -> Option<Result<Arc<Delivery>, Lagged>> {
        match self.0.try_recv() {
            Ok(delivery) => Some(Ok(delivery)),
            Err(broadcast::error::TryRecvError::Lagged(count)) => Some(Err(Lagged(count))),
            Err(_) => None,
        }
    }
}
