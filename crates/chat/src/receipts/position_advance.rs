//! A position advance: one member's read and delivered positions, before and after.

use model::{ConversationId, MessageId, Receipt, ReceiptDetails, UserId};
use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included},
};
use time::OffsetDateTime;

/// Messages that a receipt names as read, and as delivered: the newest 100 that the advance passed,
/// of which the user's own are then left out.
pub const MAX_NAMED_MESSAGES: usize = 100;

/// Largest conversation, in members, that gets implied receipts: those of a send, and those of
/// deliveries that the server marks itself. Every receipt goes to all members, so their number
/// grows with the square of the members; in larger conversations nobody looks at the tick of each
/// member.
pub const MAX_MEMBERS_WITH_RECEIPTS: i64 = 100;

/// A position before and after a change; both are equal when it did not move.
#[derive(Clone, Copy)]
pub struct Advance {
    pub before: i64,
    pub after: i64,
}

#[derive(Clone, Copy)]
pub struct PositionAdvance {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub read: Advance,
    pub delivered: Advance,
    /// Whether no message that is not deleted is above the read position.
    pub is_caught_up: bool,
    pub at: OffsetDateTime,
    /// Whether the user sent a message. Its `message:created` implies the advance, so that a large
    /// conversation gets no receipt of it.
    pub implied_by_send: bool,
}

/// What a report of a member's client has moved.
pub struct Moved {
    pub advance: PositionAdvance,
    /// Whether messages are read again that the member had marked as unread.
    pub marked_messages_read: bool,
}

impl Moved {
    /// Whether the member's unread counts are others now.
    pub fn changes_counts(&self) -> bool {
        self.advance.has_read() || self.marked_messages_read
    }
}

/// Message id and sender by position, within one conversation.
pub type MessagesByPosition = BTreeMap<i64, (MessageId, UserId)>;

impl Advance {
    pub fn has_moved(self) -> bool {
        self.after > self.before
    }

    fn through(self, later: Self) -> Self {
        Self {
            before: self.before,
            after: later.after,
        }
    }
}

impl PositionAdvance {
    /// Returns whether the read position has moved.
    pub fn has_read(&self) -> bool {
        self.read.has_moved()
    }

    /// Returns whether a position has moved.
    pub fn has_advanced(&self) -> bool {
        self.moved().next().is_some()
    }

    /// Those of the read and the delivered position that have moved.
    pub fn moved(&self) -> impl Iterator<Item = Advance> {
        let positions = [self.read, self.delivered].into_iter();
        positions.filter(|it| it.has_moved())
    }

    /// One advance of both, if `next` begins where this one ends, in both positions.
    pub fn followed_by(&self, next: &Self) -> Option<Self> {
        let adjoins =
            self.read.after == next.read.before && self.delivered.after == next.delivered.before;
        adjoins.then(|| self.through(next))
    }

    /// Whether this one ended before `other` began, of the same member: positions never move back.
    pub fn is_below(&self, other: &Self) -> bool {
        self.read.after <= other.read.before && self.delivered.after <= other.delivered.before
    }

    /// One advance from the beginning of this one to the end of `later`.
    pub fn through(&self, later: &Self) -> Self {
        Self {
            read: self.read.through(later.read),
            delivered: self.delivered.through(later.delivered),
            at: self.at.max(later.at),
            implied_by_send: self.implied_by_send && later.implied_by_send,
            ..*later
        }
    }

    /// The receipt. For each position it takes the newest `MAX_NAMED_MESSAGES` of `messages` that
    /// the advance passed, and names those of them that the user did not send.
    pub fn receipt(&self, messages: &MessagesByPosition) -> Receipt {
        let named = |advance: Advance| {
            let range = (Excluded(advance.before), Included(advance.after));
            let passed = messages.range(range).rev();
            let passed = passed.map(|(_, it)| *it).take(MAX_NAMED_MESSAGES);
            let mut named: Vec<_> = passed.filter(|it| it.1 != self.user_id).collect();
            named.reverse();
            named
        };
        Receipt {
            conversation_id: self.conversation_id,
            user_id: self.user_id,
            read_position: self.read.after,
            delivered_position: self.delivered.after,
            details: Some(ReceiptDetails {
                at: self.at,
                from: self.read.before,
                is_caught_up: self.is_caught_up,
                read: named(self.read),
                delivered: named(self.delivered),
            }),
        }
    }
}
