//! What waits to be published about positions: receipts, and unread counts.

use super::{
    coalesce::{Coalesced, Coalescer},
    position_advance::PositionAdvance,
};
use model::{ConversationId, UserId};

/// Receipts to publish, by conversation and member.
pub type PendingReceipts = Coalescer<PositionAdvance>;

/// Unread counts to publish, by user and conversation.
pub type PendingUnread = Coalescer<RecountUnread>;

/// The unread count of a user in a conversation has changed. It is counted when it is flushed.
pub struct RecountUnread;

impl Coalesced for RecountUnread {
    type Key = (UserId, ConversationId);

    fn merge(self, _: Self) -> Self {
        self
    }
}
