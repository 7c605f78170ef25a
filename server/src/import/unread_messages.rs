//! `UnreadMessages`: messages that the dump has as unread, and that count as read here.
//!
//! Here a member has read up to a message, and all before it. The systems whose messages name their
//! receiver keep it with each message, so that one may be unread before one that is read or answered.

use chat::{
    ExternalId,
    imports::{ConversationRef, Message},
};
use std::collections::HashMap;

/// What the report says of each.
pub const READ_HERE: &str =
    "unread in the dump, counts as read: its receiver has read or written a later one";

/// Messages of a receiver that are remembered. Earlier ones are forgotten, and not reported.
const MAX_UNREAD: usize = 100_000;

/// They come by conversation and time, as they are imported.
#[derive(Default)]
pub struct UnreadMessages {
    conversation: Option<ConversationRef>,
    by_receiver: HashMap<ExternalId, Vec<ExternalId>>,
}

impl UnreadMessages {
    /// The earlier messages that count as read because of this one.
    pub fn add(&mut self, message: &Message) -> Vec<ExternalId> {
        if !self.is_in(&message.conversation) {
            self.by_receiver.clear();
            self.conversation = Some(message.conversation.clone());
        }
        let mut read = self.by_receiver.remove(&message.sender).unwrap_or_default();
        for reader in &message.read_by {
            read.extend(self.by_receiver.remove(&reader.user).unwrap_or_default());
        }
        let receiver = message.receiver.as_ref().filter(|receiver| {
            let mut readers = message.read_by.iter();
            **receiver != message.sender && !readers.any(|it| it.user == **receiver)
        });
        if let Some(receiver) = receiver.filter(|_| message.deleted_at.is_none()) {
            let unread = self.by_receiver.entry(receiver.clone()).or_default();
            if unread.len() < MAX_UNREAD {
                unread.push(message.id.clone());
            }
        }
        read
    }

    /// The two users of a pair may be in any order.
    fn is_in(&self, of: &ConversationRef) -> bool {
        match (&self.conversation, of) {
            (Some(ConversationRef::Pair(one, other)), ConversationRef::Pair(left, right)) => {
                (one, other) == (left, right) || (one, other) == (right, left)
            }
            (known, of) => known.as_ref() == Some(of),
        }
    }
}
