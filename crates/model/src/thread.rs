//! Threads: replies to one message, the root, beside the main line of a conversation.

use crate::{ConversationId, Message, MessageId, Sender};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What the root of a thread shows of it, the same for everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// The id of the root.
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// The number of the newest reply, those included that were deleted.
    pub position: i64,
    /// The sequence number of the last reply or deletion: of two states of a thread, the one with the
    /// higher number is newer.
    pub seq: i64,
    /// Replies that are not deleted.
    pub reply_count: i64,
    /// Null when all replies were deleted.
    #[serde(with = "time::serde::rfc3339::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_reply_at: Option<OffsetDateTime>,
    /// Who has written the newest replies: at most 5 people, the last one first.
    pub participants: Vec<Sender>,
}

/// The caller's part of a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ThreadState {
    pub conversation_id: ConversationId,
    pub thread_id: MessageId,
    /// Whether the caller follows the thread: as the sender of the root, because of a reply or a mention,
    /// or because they have said so.
    pub following: bool,
    /// The number of the last reply that the caller has read.
    pub read_position: i64,
    /// The number of replies after it; 0 for those who do not follow.
    pub unread: i64,
    /// The number of unread replies that mention the caller.
    pub mentions: i64,
}

/// A thread as the caller sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ThreadDetails {
    /// With `thread`, once there is a reply.
    pub root: Message,
    pub state: ThreadState,
}

/// The threads that the caller follows, in pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FollowedThreads {
    pub items: Vec<ThreadDetails>,
    /// The `cursor` of the next page; null on the last one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<String>,
    /// Threads with unread replies, on all pages.
    pub unread_threads: i64,
}
