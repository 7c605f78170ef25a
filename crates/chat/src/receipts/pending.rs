//! What waits to be published about positions: receipts and unread counts; and the positions of
//! announcements, which wait to be written.

use super::{
    coalesce::{Coalesced, Coalescer},
    disjoint_advances::DisjointAdvances,
};
use model::{ConversationId, UserId};

/// Receipts to publish, by conversation and member.
pub type PendingReceipts = Coalescer<DisjointAdvances>;

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

/// The positions up to which sockets of users have received the announcements, to be written.
pub type PendingAnnounced = Coalescer<AnnouncedUpTo>;

/// A position in the announcements.
pub struct AnnouncedUpTo(pub i64);

impl Coalesced for AnnouncedUpTo {
    type Key = UserId;

    fn merge(self, later: Self) -> Self {
        Self(self.0.max(later.0))
    }
}
