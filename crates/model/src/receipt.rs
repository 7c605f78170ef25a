//! Receipts: how far a member has received and read, and what is left.

use crate::{ConversationId, UserId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub read_position: i64,
    pub delivered_position: i64,
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
