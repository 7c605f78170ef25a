//! Receipts: how far a member has received and read; unread counts.

use crate::{ConversationId, MessageId, User, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub read_position: i64,
    pub delivered_position: i64,
    /// The messages that were newly read or delivered. Not part of the public API, which has
    /// positions only; contracts render it.
    #[serde(skip)]
    pub details: Option<ReceiptDetails>,
}

/// The messages that a receipt is about: of the newest hundred that were read, and of the newest
/// hundred that were delivered, those that the user did not send. In order, without deleted ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptDetails {
    #[serde(with = "crate::timestamp")]
    pub at: OffsetDateTime,
    /// The read position before the change.
    pub from: i64,
    /// Whether the user has read the conversation up to its last message.
    #[serde(rename = "all")]
    pub is_caught_up: bool,
    /// Newly read messages, each with its sender.
    pub read: Vec<(MessageId, UserId)>,
    /// Newly delivered messages, each with its sender.
    pub delivered: Vec<(MessageId, UserId)>,
}

/// How far a member has come with one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessageReceipt {
    pub user: User,
    /// Whether they have read it; otherwise a client of theirs has received it.
    pub read: bool,
    /// Null when that is not known: of what was received only, of replies in threads, and of what was read
    /// before somebody left and came back.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub read_at: Option<OffsetDateTime>,
}

/// Who has received and read one message, in pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessageReceipts {
    /// Those who have read it first.
    pub items: Vec<MessageReceipt>,
    /// The `cursor` of the next page; null on the last one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub next_cursor: Option<String>,
    /// On all pages.
    pub read_count: i64,
    /// Those who have read it included.
    pub delivered_count: i64,
    /// The members who were there when it was sent, without its sender.
    pub member_count: i64,
}

/// The unread counts of one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    #[serde(rename = "id")]
    pub conversation_id: ConversationId,
    pub unread: i64,
    pub mentions: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnreadTotals {
    /// The number of unread messages in all conversations.
    pub total: i64,
    /// The conversations that have unread messages.
    pub conversations: Vec<Unread>,
}
