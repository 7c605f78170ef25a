//! Receipts: how far a member has received and read; unread counts.

use crate::{ConversationId, MessageId, UserId};
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
    #[serde(with = "time::serde::rfc3339")]
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
