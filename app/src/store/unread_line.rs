//! The line before the first unread message: where reading stopped.

use super::{chat_store::ChatStore, window::Window};
use model::{ConversationId, ConversationSummary};

/// With more unread messages than these, the newest page does not have the first of them and some before it.
const MAX_UNREAD_IN_NEWEST_PAGE: i64 = 40;

/// It stays while the conversation is open, also when what is after it has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadLine {
    after: i64,
    /// The messages after it that were unread, at most.
    count: i64,
    /// Whether all after it has been read: what comes unread then gets a line of its own.
    is_passed: bool,
}

impl UnreadLine {
    /// After a read position, before so many unread messages.
    pub fn new(after: i64, count: i64) -> Self {
        Self {
            after,
            count,
            is_passed: false,
        }
    }

    /// The position that it is after.
    pub fn after(self) -> i64 {
        self.after
    }

    pub fn count(self) -> i64 {
        self.count
    }
}

/// The position of the first unread message, where the newest page is not enough to show it.
pub fn first_unread_beyond_newest_page(summary: &ConversationSummary) -> Option<i64> {
    let is_beyond = summary.conversation.position - summary.read_position
        > MAX_UNREAD_IN_NEWEST_PAGE
        && summary.unread > 0;
    is_beyond.then_some(summary.read_position + 1)
}

impl ChatStore {
    /// The line of a conversation, where it was `before`. It moves only when all has been read and
    /// something has come since that was not.
    pub fn unread_line(
        &self,
        id: ConversationId,
        before: Option<UnreadLine>,
    ) -> Option<UnreadLine> {
        let Some(summary) = self.summary(id) else {
            return before;
        };
        let unread = summary.unread;
        match before {
            _ if unread > 0 && before.is_none_or(|line| line.is_passed) => {
                Some(UnreadLine::new(summary.read_position, unread))
            }
            Some(line) => Some(UnreadLine {
                count: line.count.max(unread),
                is_passed: unread == 0,
                ..line
            }),
            None => None,
        }
    }

    /// The window around a position. It follows the end where it reaches it.
    pub fn window_around(&self, id: ConversationId, position: i64) -> Window {
        let window = Window::around(position);
        let reaches_end = self
            .timeline(id)
            .is_some_and(|it| it.last() <= window.last());
        if reaches_end && !self.has_newer(id) {
            window.following()
        } else {
            window
        }
    }

    /// Whether a position is within the messages that are loaded.
    pub fn is_loaded(&self, id: ConversationId, position: i64) -> bool {
        self.timeline(id).is_some_and(|timeline| {
            timeline.first().is_some_and(|first| first <= position) && position <= timeline.last()
        })
    }
}
