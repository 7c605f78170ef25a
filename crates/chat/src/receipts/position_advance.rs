//! A position advance: one member's read and delivered positions, before and after.

use super::coalesce::Coalesced;
use model::{ConversationId, MessageId, Receipt, ReceiptDetails, UserId};
use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included},
};
use time::OffsetDateTime;

/// Messages that a receipt names as read, and as delivered: the newest ones.
pub const MAX_NAMED_MESSAGES: usize = 100;

/// Members up to which a conversation gets the receipts of those who send, and has its deliveries
/// marked per member. Every receipt goes to all members, so their number grows with the square; in
/// larger conversations nobody looks at the tick of each member.
pub const MAX_MEMBERS_WITH_RECEIPTS: i64 = 100;

#[derive(Clone, Copy)]
pub struct PositionAdvance {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub read: (i64, i64),
    pub delivered: (i64, i64),
    /// The position of the conversation's newest message.
    pub newest: i64,
    pub at: OffsetDateTime,
    /// Whether the user sent a message. Its `message:created` implies the advance, so that a large
    /// conversation gets no receipt of it.
    pub implied_by_send: bool,
}

/// Message id and sender by position, within one conversation.
pub type MessagesByPosition = BTreeMap<i64, (MessageId, UserId)>;

impl PositionAdvance {
    pub fn has_read(&self) -> bool {
        self.read.1 > self.read.0
    }

    pub fn has_advanced(&self) -> bool {
        self.ranges().next().is_some()
    }

    /// (before, after) of each position that has advanced.
    pub fn ranges(&self) -> impl Iterator<Item = (i64, i64)> {
        let positions = [self.read, self.delivered].into_iter();
        positions.filter(|(before, after)| after > before)
    }

    /// The receipt, which names the newest `MAX_NAMED_MESSAGES` of `messages` in each range without
    /// the user's own.
    pub fn receipt(&self, messages: &MessagesByPosition) -> Receipt {
        let named = |(before, after): (i64, i64)| {
            let passed = messages.range((Excluded(before), Included(after))).rev();
            let passed = passed.map(|(_, it)| *it).take(MAX_NAMED_MESSAGES);
            let mut named: Vec<_> = passed.filter(|it| it.1 != self.user_id).collect();
            named.reverse();
            named
        };
        Receipt {
            conversation_id: self.conversation_id,
            user_id: self.user_id,
            read_position: self.read.1,
            delivered_position: self.delivered.1,
            moved: Some(ReceiptDetails {
                at: self.at,
                from: self.read.0,
                all: self.read.1 == self.newest,
                read: named(self.read),
                delivered: named(self.delivered),
            }),
        }
    }
}

impl Coalesced for PositionAdvance {
    type Key = (ConversationId, UserId);

    /// One advance over the union of both ranges.
    fn merge(self, later: Self) -> Self {
        let union =
            |before: (i64, i64), after: (i64, i64)| (before.0.min(after.0), before.1.max(after.1));
        Self {
            read: union(self.read, later.read),
            delivered: union(self.delivered, later.delivered),
            newest: self.newest.max(later.newest),
            at: self.at.max(later.at),
            implied_by_send: self.implied_by_send && later.implied_by_send,
            ..later
        }
    }
}
