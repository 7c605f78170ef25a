//! Events of the public API.
//!
//! One type serves as the payload on a socket (under the name in `type`), as the entry of a change
//! feed, and as the input of the browser's store.
//!
//! How to add one: `docs/development.md#an-event`.

mod fields;
#[cfg(feature = "openapi")]
mod schema;

use crate::{
    Account, Announcement, Conversation, ConversationId, ConversationSummary, Favorite, Member,
    Message, MessageId, PersonalEvent, Presence, Receipt, SavedMessage, Sender, ThreadState,
    UserId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Conversations in `Event::Ready`, and new ones in one answer to `sync`. When there are as many, there may be
/// more: `sync` has them.
pub const MAX_READY_CONVERSATIONS: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
// Deserialised through `Fields`: serde buffers an internally tagged enum, which about doubles the
// size of the deserialising code.
#[serde(tag = "type", try_from = "fields::Fields")]
pub enum Event {
    /// The first event of a socket: the caller's account, the newest conversations (at most
    /// `MAX_READY_CONVERSATIONS`), and who is present.
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
    /// The message was edited, its reactions or the votes of its poll have changed, or the poll was closed.
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
    /// The recipient is now a member of this conversation. Only new members get it.
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
    /// The recipient is no longer a member, or the conversation was deleted.
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
        /// The thread that the member types in; absent for the main line.
        #[serde(skip_serializing_if = "Option::is_none")]
        thread_id: Option<MessageId>,
    },
    #[serde(rename = "presence")]
    PresenceChanged(Presence),
    /// The name, username or avatar of a user has changed. To those who share a conversation of at most
    /// 200 members with them.
    #[serde(rename = "user:updated")]
    UserUpdated { profile: Sender },
    /// To the user's own sockets, when their read position has moved, they were mentioned, or they have
    /// marked messages as unread. Clients add one for each `message:created` of somebody else themselves.
    #[serde(rename = "unread", rename_all = "camelCase")]
    UnreadChanged {
        total: i64,
        conversation_id: ConversationId,
        unread: i64,
        mentions: i64,
        /// The position after which the messages count, which may be lower than before. Absent when the
        /// user is no member any more.
        #[serde(skip_serializing_if = "Option::is_none")]
        read_position: Option<i64>,
        /// Whether the count begins where the user has marked messages as unread. A client then takes
        /// `read_position` as it is; otherwise it may know a higher one already.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        marked_unread: bool,
    },
    /// To the user's own sockets, when they follow a thread or no longer do, have read in it, were mentioned
    /// in it, or a reply was deleted that they had not read. Of threads that they follow, clients add one
    /// for each `message:created` of somebody else themselves.
    #[serde(rename = "thread")]
    ThreadChanged(ThreadState),
    /// To the user's own sockets: the whole list.
    #[serde(rename = "favorites")]
    FavoritesChanged { favorites: Vec<Favorite> },
    /// To the user's own sockets, when they have saved a message, or taken it off the list.
    #[serde(rename = "saved", rename_all = "camelCase")]
    SavedChanged {
        message_id: MessageId,
        /// Null when the message is no longer saved.
        saved: Option<SavedMessage>,
    },
    /// To everybody, beside the `message:created` of an announcement: for clients that show
    /// announcements apart from conversations.
    #[serde(rename = "announcement")]
    AnnouncementMade(Announcement),
    /// To the user's own sockets: a change in their personal sequence.
    #[serde(untagged)]
    Personal(Box<PersonalEvent>),
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

    /// The name of the event on a socket, and the value of `type`.
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
            Self::UserUpdated { .. } => "user:updated",
            Self::UnreadChanged { .. } => "unread",
            Self::ThreadChanged(_) => "thread",
            Self::FavoritesChanged { .. } => "favorites",
            Self::SavedChanged { .. } => "saved",
            Self::Personal(event) => event.name(),
            Self::AnnouncementMade(_) => "announcement",
        }
    }

    /// The conversation and sequence number of the event; `None` for events that are not part of a
    /// conversation's sequence, such as typing, presence and receipts.
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

    /// Whether the event may be dropped for a client that cannot keep up: the next one of its kind
    /// corrects it.
    pub const fn is_volatile(&self) -> bool {
        matches!(self, Self::Typing { .. } | Self::PresenceChanged(_))
    }

    /// Whether the event may be delayed, to be sent together with others: only the latest one of
    /// its kind counts.
    pub const fn is_deferrable(&self) -> bool {
        self.is_volatile()
            || matches!(
                self,
                Self::ReceiptUpdated(_) | Self::UnreadChanged { .. } | Self::ThreadChanged(_)
            )
    }
}

/// The changes of one conversation after a `seq`: each changed row once, under its last `seq`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    pub items: Vec<Event>,
    pub has_more: bool,
}

/// The last `seq` that the client knows of each conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"conversations": {"7": 31, "9": 4}})))]
#[serde(rename_all = "camelCase")]
pub struct SyncRequest {
    pub conversations: BTreeMap<ConversationId, i64>,
    /// The `time` of an earlier answer: the answer has the profiles and receipts that changed since. Without
    /// it there are none.
    #[serde(
        with = "crate::timestamp::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub since: Option<OffsetDateTime>,
    /// Conversations whose members' positions the client shows: the answer has their receipts. At most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<ConversationId>,
}

/// The answer to a `SyncRequest`: what the client has missed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sync {
    /// In order within each conversation. Conversations that the client did not name come as
    /// `conversation:created`; those that the caller is no longer a member of as
    /// `conversation:removed`.
    pub items: Vec<Event>,
    /// While this is true, the client has to ask again, with the last `seq` of each conversation.
    pub has_more: bool,
    /// The people with whom the caller shares a conversation and whose name, username or avatar has changed
    /// since `since`: at most 500, the latest.
    #[serde(default)]
    pub profiles: Vec<Sender>,
    /// The positions that have moved since `since`, in the conversations of `receipts`: at most 1000, the latest.
    #[serde(default)]
    pub receipts: Vec<Receipt>,
    /// The server's time, for the next `since`.
    #[serde(with = "crate::timestamp::option", default)]
    pub time: Option<OffsetDateTime>,
}
