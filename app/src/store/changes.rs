//! What has changed in the store: the keys of the signals that are to be notified.

use model::{ConversationId, MessageId, UserId};

/// A part of the store that components subscribe to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The state of the connection.
    Link,
    /// The user's own account.
    Me,
    /// Which conversations there are, and their order.
    Order,
    /// The names of conversations, in a list of all.
    Titles,
    /// The unread messages of all conversations.
    Unread,
    Outbox,
    /// Which conversations have a draft.
    Drafts,
    /// The conversations that the user has marked as favorites.
    Favorites,
    /// The conversations that the user has muted.
    Muted,
    /// The summary of a conversation.
    Head(ConversationId),
    /// Which messages the timeline of a conversation has.
    Rows(ConversationId),
    /// The members of a conversation, with their roles and names.
    Members(ConversationId),
    /// How far the members of a conversation have received and read.
    Receipts(ConversationId),
    Pins(ConversationId),
    Typing(ConversationId),
    Presence(UserId),
    /// A message of a timeline, and whether it starts a group.
    Message(MessageId),
    /// Which replies of an open thread are loaded.
    Replies(MessageId),
    /// The user's part of a thread.
    Thread(MessageId),
    /// The threads that the user follows, and what is unread in them.
    Threads,
    /// Which messages the user has saved.
    Saved,
}

/// Keys, each once. They are no part of the state: two stores that differ in them alone are equal.
#[derive(Clone, Debug, Default)]
pub struct Changes(Vec<Key>);

impl PartialEq for Changes {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Changes {}

impl Changes {
    pub(super) fn add(&mut self, key: Key) {
        if let Err(at) = self.0.binary_search(&key) {
            self.0.insert(at, key);
        }
    }

    pub(super) fn append(&mut self, other: &mut Self) {
        for key in std::mem::take(other).0 {
            self.add(key);
        }
    }

    /// In their order.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }
}
