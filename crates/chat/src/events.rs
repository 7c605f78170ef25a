//! What happened, on its way from the verb that committed it to every door.

use model::{ConversationId, Event, SessionId, UserId};
use std::sync::Arc;
use tokio::sync::broadcast;

/// How far a door may stay behind before it misses deliveries.
const CAPACITY: usize = 65_536;

/// Who hears an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The members of these conversations, each once.
    Conversations(Vec<ConversationId>),
    /// All devices of these users.
    Users(Vec<UserId>),
    Everyone,
}

/// One thing for the doors to do. Each door works them off in order, one after the other, so that
/// whoever lost a membership hears nothing of what was said after it.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "every delivery lives behind an Arc"
)]
pub enum Delivery {
    Tell {
        audience: Audience,
        /// Someone who need not be told, on any device: whoever is typing, say.
        except: Option<UserId>,
        event: Event,
    },
    /// From here on these users hear the conversation.
    Admit {
        conversation_id: ConversationId,
        user_ids: Vec<UserId>,
    },
    /// From here on these users hear the conversation no more.
    Evict {
        conversation_id: ConversationId,
        user_ids: Vec<UserId>,
    },
    /// From here on nobody hears the conversation.
    Close { conversation_id: ConversationId },
    /// A session was revoked: its sockets end.
    EndSession(SessionId),
    /// A user was blocked: all their sockets end.
    EndUser(UserId),
}

impl Delivery {
    pub(crate) fn to_conversation(conversation_id: ConversationId, event: Event) -> Self {
        Self::Tell {
            audience: Audience::Conversations(vec![conversation_id]),
            except: None,
            event,
        }
    }

    pub(crate) fn to_user(user_id: UserId, event: Event) -> Self {
        Self::Tell {
            audience: Audience::Users(vec![user_id]),
            except: None,
            event,
        }
    }
}

pub(crate) struct Bus(broadcast::Sender<Arc<Delivery>>);

impl Default for Bus {
    fn default() -> Self {
        Self(broadcast::channel(CAPACITY).0)
    }
}

impl Bus {
    /// Only after commit.
    pub fn publish(&self, delivery: Delivery) {
        // An error says that no door listens, and then nobody needs to hear it.
        let _ = self.0.send(Arc::new(delivery));
    }

    pub fn subscribe(&self) -> Subscription {
        Subscription(self.0.subscribe())
    }
}

/// A door's ear.
pub struct Subscription(broadcast::Receiver<Arc<Delivery>>);

/// The door was too slow and missed this many deliveries: its clients must resume by sequence.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0} deliveries were missed")]
pub struct Missed(pub u64);

impl Subscription {
    /// The next delivery, or `None` when the chat is gone.
    pub async fn next(&mut self) -> Option<Result<Arc<Delivery>, Missed>> {
        match self.0.recv().await {
            Ok(delivery) => Some(Ok(delivery)),
            Err(broadcast::error::RecvError::Lagged(count)) => Some(Err(Missed(count))),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    /// The next delivery, if one is there already.
    pub fn try_next(&mut self) -> Option<Result<Arc<Delivery>, Missed>> {
        match self.0.try_recv() {
            Ok(delivery) => Some(Ok(delivery)),
            Err(broadcast::error::TryRecvError::Lagged(count)) => Some(Err(Missed(count))),
            Err(_) => None,
        }
    }
}
