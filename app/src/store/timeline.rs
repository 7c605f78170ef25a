//! A timeline: a contiguous range of a conversation's main line, or of the replies in a thread.
//!
//! Positions of the main line have holes, where a message is in a thread only: `first` and `last` say what
//! is known, whether or not there is a message. The numbers of replies have none.

use super::map::Map;
use model::{Message, MessageId, UserId};
use std::sync::Arc;

/// Which line of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Main,
    Thread,
}

/// A page of messages, and the range of numbers that it covers. `Vec<Message>` becomes one of the main line
/// that covers nothing around its messages.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    pub messages: Vec<Message>,
    pub first: i64,
    /// Below `first` in a page that covers nothing.
    pub last: i64,
}

impl From<Vec<Message>> for Stretch {
    fn from(messages: Vec<Message>) -> Self {
        Self {
            first: messages.first().map_or(1, |message| message.position),
            last: messages.last().map_or(0, |message| message.position),
            messages,
        }
    }
}

impl Stretch {
    /// The same messages, of a page that covers at least the numbers up to one.
    #[must_use]
    pub fn up_to(mut self, last: i64) -> Self {
        self.last = last.max(self.last);
        self
    }

    /// The same messages, of a page that covers the numbers after one.
    #[must_use]
    pub fn after(mut self, number: i64) -> Self {
        self.first = number + 1;
        self.last = self.last.max(number);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last < self.first
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    me: UserId,
    line: Line,
    /// The range that is known: empty while `last` is below `first`.
    first: i64,
    last: i64,
    messages: Map<i64, Arc<Message>>,
    positions: Map<MessageId, i64>,
    /// Positions of the user's own messages, by client id.
    mine: Map<String, i64>,
}

impl Timeline {
    pub(super) fn new(me: UserId, line: Line) -> Self {
        Self {
            me,
            line,
            first: 1,
            last: 0,
            messages: Map::default(),
            positions: Map::default(),
            mine: Map::default(),
        }
    }

    /// Where a message stands in a line; `None` where it is not in it.
    pub(super) fn number(line: Line, message: &Message) -> Option<i64> {
        match line {
            Line::Main => message.is_in_main_line().then_some(message.position),
            Line::Thread => message.thread_position,
        }
    }

    /// The number of a message that is in the timeline.
    pub fn position_of(&self, message: &Message) -> i64 {
        Self::number(self.line, message).unwrap_or_default()
    }

    /// Where the known range begins; `None` in an empty timeline.
    pub fn first(&self) -> Option<i64> {
        (self.first <= self.last).then_some(self.first)
    }

    /// The first message that can have a row: what is before it says whether it begins a group. That of the
    /// first one is not known, unless nothing is before it: its row would lose its head when a page comes.
    pub fn first_row(&self) -> Option<i64> {
        let first = *self.messages.first_key()?;
        if self.first > 1 && first < self.last_message() {
            self.step(first, 1)
        } else {
            Some(first)
        }
    }

    /// The number of messages before a position.
    pub(super) fn count_before(&self, position: i64) -> usize {
        self.messages.rank(&position)
    }

    pub(super) fn count(&self) -> usize {
        self.messages.len()
    }

    /// Where the known range ends; 0 in an empty timeline.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// Oldest first.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Arc<Message>> {
        self.messages.values()
    }

    /// Those of a range of positions, both included, oldest first.
    pub fn between(&self, first: i64, last: i64) -> impl Iterator<Item = &Arc<Message>> {
        self.messages.range(&first, &last)
    }

    pub(super) fn messages_mut(&mut self) -> impl Iterator<Item = &mut Arc<Message>> {
        self.messages.values_mut()
    }

    pub fn at(&self, position: i64) -> Option<&Arc<Message>> {
        self.messages.get(&position)
    }

    /// The message before a position, whatever stands there.
    pub(super) fn before(&self, position: i64) -> Option<&Arc<Message>> {
        Some(self.messages.nth(&position, -1)?.1)
    }

    /// The message after a position.
    pub(super) fn after(&self, position: i64) -> Option<&Arc<Message>> {
        Some(self.messages.nth(&(position + 1), 0)?.1)
    }

    /// The position of the message that is so many before, or after, where one at `position` stands: the
    /// first or the last if there are not so many. `None` in a timeline without messages.
    pub(super) fn step(&self, position: i64, by: isize) -> Option<i64> {
        let found = self.messages.nth(&position, by).map(|(at, _)| *at);
        found.or_else(|| {
            if by < 0 {
                self.messages.first_key().copied()
            } else {
                self.messages.last_key().copied()
            }
        })
    }

    /// The position of the last message, which may be before the end of the range.
    pub(super) fn last_message(&self) -> i64 {
        self.messages.last_key().copied().unwrap_or(0)
    }

    pub fn by_id(&self, id: MessageId) -> Option<&Arc<Message>> {
        self.at(*self.positions.get(&id)?)
    }

    pub(super) fn by_id_mut(&mut self, id: MessageId) -> Option<&mut Arc<Message>> {
        let at = self.positions.get(&id)?;
        self.messages.get_mut(at)
    }

    /// A message of the user.
    pub fn by_client_id(&self, client_id: &str) -> Option<&Arc<Message>> {
        self.at(*self.mine.get(&client_id.to_owned())?)
    }

    /// Whether a message at this position leaves no hole: it is within the range, or the next after it.
    pub(super) fn accepts(&self, position: i64) -> bool {
        position <= self.last + 1 && self.first <= position
    }

    /// Whether a page overlaps the timeline or is adjacent to it, so that no hole comes between.
    pub(super) fn touches(&self, page: &Stretch) -> bool {
        page.is_empty() || (page.first <= self.last + 1 && self.first <= page.last + 1)
    }

    /// Extends the known range by one that touches it.
    pub(super) fn cover(&mut self, first: i64, last: i64) {
        if self.first > self.last {
            (self.first, self.last) = (first, last);
        } else {
            self.first = self.first.min(first);
            self.last = self.last.max(last);
        }
    }

    /// Inserts a message of this line. Of two versions, the one with the higher sequence number stays.
    pub(super) fn insert(&mut self, position: i64, message: Arc<Message>) {
        if self
            .at(position)
            .is_some_and(|known| known.seq > message.seq)
        {
            return;
        }
        self.cover(position, position);
        self.positions.insert(message.id, position);
        if message.sender.id == self.me
            && let Some(client_id) = &message.client_id
        {
            self.mine.insert(client_id.clone(), position);
        }
        self.messages.insert(position, message);
    }

    /// Updates the quotes of a message in all others. Returns those that had another.
    pub(super) fn update_quotes(&mut self, quoted: &Message) -> Vec<MessageId> {
        if self.line == Line::Main && quoted.position >= self.last {
            return Vec::new();
        }
        let all = self.messages.values_mut();
        all.filter_map(|message| update_quote(message, quoted).then_some(message.id))
            .collect()
    }
}

/// Updates the quote in `message` if it quotes `quoted`. Whether it had another.
pub(super) fn update_quote(message: &mut Arc<Message>, quoted: &Message) -> bool {
    let Some(reply) = &message.reply_to else {
        return false;
    };
    if reply.id != quoted.id || (reply.body == quoted.body && reply.deleted_at == quoted.deleted_at)
    {
        return false;
    }
    if let Some(reply) = &mut Arc::make_mut(message).reply_to {
        reply.body.clone_from(&quoted.body);
        reply.preview.clone_from(&quoted.preview);
        reply.deleted_at = quoted.deleted_at;
    }
    true
}
