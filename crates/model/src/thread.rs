//! A user's part of a thread, and threads with their roots, as lists and panes show them.

use crate::{ConversationId, Message, MessageId, User};
use serde::{Deserialize, Serialize};

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

/// The members who follow a thread, in pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ThreadFollowers {
    pub items: Vec<User>,
    /// The `cursor` of the next page; null on the last one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<String>,
    /// On all pages.
    pub follower_count: i64,
}
