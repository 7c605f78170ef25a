//! An event: something that happened, in the words of the public API.
//!
//! The same type is the payload on a socket (under the name in `type`), the entry of a change
//! feed, and what the browser's store applies.

// The schema of an enum this wide is built in one array, once, when the document is made.
#![cfg_attr(feature = "openapi", allow(clippy::large_stack_arrays))]

mod fields;

use crate::{
    Account, Announcement, Conversation, ConversationId, ConversationSummary, Favorite, Member,
    Message, Presence, Receipt, UserId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
// Read through `Fields`: serde would buffer a tagged enum, in code as large as all the rest of it.
#[serde(tag = "type", try_from = "fields::Fields")]
pub enum Event {
    /// The first event of a socket: where everything stands.
    #[serde(rename = "ready", rename_all = "camelCase")]
    Ready {
        user: Account,
        conversations: Vec<ConversationSummary>,
        presence: Vec<Presence>,
    },
    #[serde(rename = "message:created", rename_all = "camelCase")]
    MessageCreated {
        conversation_id: ConversationId,
        seq: i64,
        message: Message,
    },
    /// Edited, or its reactions changed.
    #[serde(rename = "message:updated", rename_all = "camelCase")]
    MessageUpdated {
        conversation_id: ConversationId,
        seq: i64,
        message: Message,
    },
    #[serde(rename = "message:deleted", rename_all = "camelCase")]
    MessageDeleted {
        conversation_id: ConversationId,
        seq: i64,
        message: Message,
    },
    /// The receiver is now a member of this conversation. To the new members only.
    #[serde(rename = "conversation:created", rename_all = "camelCase")]
    ConversationCreated {
        conversation_id: ConversationId,
        seq: i64,
        conversation: ConversationSummary,
    },
    #[serde(rename = "conversation:updated", rename_all = "camelCase")]
    ConversationUpdated {
        conversation_id: ConversationId,
        seq: i64,
        conversation: Conversation,
    },
    /// The receiver is no longer a member, or the conversation is gone. To those who lost it.
    #[serde(rename = "conversation:removed", rename_all = "camelCase")]
    ConversationRemoved {
        conversation_id: ConversationId,
        seq: i64,
    },
    #[serde(rename = "member:added", rename_all = "camelCase")]
    MemberAdded {
        conversation_id: ConversationId,
        seq: i64,
        member: Member,
    },
    #[serde(rename = "member:updated", rename_all = "camelCase")]
    MemberUpdated {
        conversation_id: ConversationId,
        seq: i64,
        member: Member,
    },
    #[serde(rename = "member:removed", rename_all = "camelCase")]
    MemberRemoved {
        conversation_id: ConversationId,
        seq: i64,
        user_id: UserId,
    },
    #[serde(rename = "receipt:updated")]
    ReceiptUpdated(Receipt),
    #[serde(rename = "typing", rename_all = "camelCase")]
    Typing {
        conversation_id: ConversationId,
        user_id: UserId,
        typing: bool,
    },
    #[serde(rename = "presence")]
    PresenceChanged(Presence),
    /// To the user's own sockets, when their read position moved or they were mentioned.
    /// An ordinary `message:created` of somebody else counts one by itself.
    #[serde(rename = "unread", rename_all = "camelCase")]
    UnreadChanged {
        total: i64,
        conversation_id: ConversationId,
        unread: i64,
        mentions: i64,
    },
    /// To the user's own sockets: all of them, as they are now.
    #[serde(rename = "favorites")]
    FavoritesChanged { favorites: Vec<Favorite> },
    #[serde(rename = "announcement")]
    AnnouncementMade(Announcement),
}

impl Event {
    pub fn message_created(message: Message) -> Self {
        let (conversation_id, seq) = (message.conversation_id, message.seq);
        Self::MessageCreated {
            conversation_id,
            seq,
            message,
        }
    }

    pub fn message_updated(message: Message) -> Self {
        let (conversation_id, seq) = (message.conversation_id, message.seq);
        Self::MessageUpdated {
            conversation_id,
            seq,
            message,
        }
    }

    pub fn message_deleted(message: Message) -> Self {
        let (conversation_id, seq) = (message.conversation_id, message.seq);
        Self::MessageDeleted {
            conversation_id,
            seq,
            message,
        }
    }

    /// The name of the event on a socket: what `type` says.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ready { .. } => "ready",
            Self::MessageCreated { .. } => "message:created",
            Self::MessageUpdated { .. } => "message:updated",
            Self::MessageDeleted { .. } => "message:deleted",
            Self::ConversationCreated { .. } => "conversation:created",
            Self::ConversationUpdated { .. } => "conversation:updated",
            Self::ConversationRemoved { .. } => "conversation:removed",
            Self::MemberAdded { .. } => "member:added",
            Self::MemberUpdated { .. } => "member:updated",
            Self::MemberRemoved { .. } => "member:removed",
            Self::ReceiptUpdated(_) => "receipt:updated",
            Self::Typing { .. } => "typing",
            Self::PresenceChanged(_) => "presence",
            Self::UnreadChanged { .. } => "unread",
            Self::FavoritesChanged { .. } => "favorites",
            Self::AnnouncementMade(_) => "announcement",
        }
    }

    /// Where the event stands in the sequence of its conversation; none for what is fleeting.
    pub const fn seq(&self) -> Option<(ConversationId, i64)> {
        match self {
            Self::MessageCreated {
                conversation_id,
                seq,
                ..
            }
            | Self::MessageUpdated {
                conversation_id,
                seq,
                ..
            }
            | Self::MessageDeleted {
                conversation_id,
                seq,
                ..
            }
            | Self::ConversationCreated {
                conversation_id,
                seq,
                ..
            }
            | Self::ConversationUpdated {
                conversation_id,
                seq,
                ..
            }
            | Self::ConversationRemoved {
                conversation_id,
                seq,
            }
            | Self::MemberAdded {
                conversation_id,
                seq,
                ..
            }
            | Self::MemberUpdated {
                conversation_id,
                seq,
                ..
            }
            | Self::MemberRemoved {
                conversation_id,
                seq,
                ..
            } => Some((*conversation_id, *seq)),
            _ => None,
        }
    }

    /// Whether a client under load may miss it without harm: the next one corrects it.
    pub const fn is_volatile(&self) -> bool {
        matches!(self, Self::Typing { .. } | Self::PresenceChanged(_))
    }

    /// Whether it may come a moment later, together with others: only the latest of it counts.
    pub const fn is_deferrable(&self) -> bool {
        self.is_volatile() || matches!(self, Self::ReceiptUpdated(_) | Self::UnreadChanged { .. })
    }
}

/// What changed in one conversation after a seq: each thing once, under its last seq.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    pub items: Vec<Event>,
    pub has_more: bool,
}

/// How far the caller is, by conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SyncRequest {
    pub conversations: BTreeMap<ConversationId, i64>,
}

/// All that the caller missed: the answer to a `SyncRequest`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sync {
    /// In order within each conversation. New ones come as `conversation:created`, lost ones as
    /// `conversation:removed`.
    pub items: Vec<Event>,
    /// Ask again, from the last seq of each conversation, until this is false.
    pub has_more: bool,
}
