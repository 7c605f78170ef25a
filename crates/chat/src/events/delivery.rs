//! `Delivery`: one instruction to the gateways, and the audience of an event.

use model::{ConversationId, Event, SessionId, UserId};
use serde::{Deserialize, Serialize};

/// The users to whose sockets an event is emitted. Decided by the verb that publishes; resolved to
/// sockets by the gateway's hub (`server/src/gateway/hub_index.rs`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// The members of these conversations, each once.
    Conversations(Vec<ConversationId>),
    /// All devices of these users.
    Users(Vec<UserId>),
    Everyone,
}

/// One instruction to the gateways of a node. Each gateway processes deliveries in order, one after
/// the other, so that a user who was unsubscribed receives nothing that was published later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::large_enum_variant,
    reason = "every delivery lives behind an Arc"
)]
pub enum Delivery {
    Emit {
        audience: Audience,
        /// A user who is left out on all devices, such as the one who is typing.
        except: Option<UserId>,
        event: Event,
    },
    /// These users receive the events of the conversation from here on.
    Subscribe {
        conversation_id: ConversationId,
        user_ids: Vec<UserId>,
    },
    /// These users receive no more events of the conversation.
    Unsubscribe {
        conversation_id: ConversationId,
        user_ids: Vec<UserId>,
    },
    /// The conversation was deleted: nobody is subscribed to it any more.
    CloseConversation { conversation_id: ConversationId },
    /// The session was revoked: its sockets are disconnected.
    DisconnectSession(SessionId),
    /// The user was blocked: all their sockets are disconnected.
    DisconnectUser(UserId),
}

impl Delivery {
    /// Emits the event to the members of a conversation.
    pub(crate) fn to_conversation(conversation_id: ConversationId, event: Event) -> Self {
        Self::Emit {
            audience: Audience::Conversations(vec![conversation_id]),
            except: None,
            event,
        }
    }

    /// Emits the event to all devices of a user.
    pub(crate) fn to_user(user_id: UserId, event: Event) -> Self {
        Self::to_users(vec![user_id], event)
    }

    /// Emits the event to all devices of these users.
    pub(crate) fn to_users(user_ids: Vec<UserId>, event: Event) -> Self {
        Self::Emit {
            audience: Audience::Users(user_ids),
            except: None,
            event,
        }
    }

    /// The conversation and seq of the change that the event describes; `None` for events
    /// without a seq, and for instructions without an event.
    pub(crate) fn seq(&self) -> Option<(ConversationId, i64)> {
        match self {
            Self::Emit { event, .. } => event.seq(),
            _ => None,
        }
    }

    /// The conversation of an event that has no seq: a receipt, an unread count or typing.
    pub(crate) fn unsequenced_conversation(&self) -> Option<ConversationId> {
        let Self::Emit { event, .. } = self else {
            return None;
        };
        match event {
            Event::ReceiptUpdated(receipt) => Some(receipt.conversation_id),
            Event::ThreadChanged(state) => Some(state.conversation_id),
            Event::UnreadChanged {
                conversation_id, ..
            }
            | Event::Typing {
                conversation_id, ..
            } => Some(*conversation_id),
            _ => None,
        }
    }
}
