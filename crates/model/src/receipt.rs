//! Receipts: how far a member has received and read, and what is left.

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
    /// Which messages that was about. Not in the public API, which counts in positions.
    #[serde(skip)]
    pub moved: Option<ReceiptDetails>,
}

/// What a receipt newly says: of each kind the newest hundred messages, in order, without one's
/// own and deleted ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptDetails {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The read position before.
    pub from: i64,
    /// Whether nothing of the conversation is left unread.
    pub all: bool,
    /// Messages newly read, each with its sender.
    pub read: Vec<(MessageId, UserId)>,
    /// Messages newly delivered, each with its sender.
    pub delivered: Vec<(MessageId, UserId)>,
}

/// What a user has not read of one conversation.
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
    /// Unread messages over all conversations.
    pub total: i64,
    /// Only those that have any.
    pub conversations: Vec<Unread>,
}
