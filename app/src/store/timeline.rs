//! A timeline: a contiguous range of a conversation's messages.

use super::map::Map;
use model::{Message, MessageId, UserId};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    me: UserId,
    messages: Map<i64, Arc<Message>>,
    positions: Map<MessageId, i64>,
    /// Positions of the user's own messages, by client id.
    mine: Map<String, i64>,
}

impl Timeline {
    pub(super) fn new(me: UserId) -> Self {
        Self {
            me,
            messages: Map::default(),
            positions: Map::default(),
            mine: Map::default(),
        }
    }

    /// The position of the first message; `None` in an empty timeline.
    pub fn first(&self) -> Option<i64> {
        self.messages.first_key().copied()
    }

    /// The first message that can have a row: what is before it says whether it begins a group. That of the
    /// first one is not known, unless nothing is before it: its row would lose its head when a page comes.
    pub fn first_row(&self) -> Option<i64> {
        let (first, last) = (self.first()?, self.last());
        Some(if first > 1 && first < last {
            first + 1
        } else {
            first
        })
    }

    /// The position of the last message; 0 in an empty timeline.
    pub fn last(&self) -> i64 {
        self.messages.last_key().copied().unwrap_or(0)
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

    pub fn by_id(&self, id: MessageId) -> Option<&Arc<Message>> {
        self.at(*self.positions.get(&id)?)
    }

    /// A message of the user.
    pub fn by_client_id(&self, client_id: &str) -> Option<&Arc<Message>> {
        self.at(*self.mine.get(&client_id.to_owned())?)
    }

    /// Whether a message at this position leaves no hole: it is within the range, or the next after it.
    pub(super) fn accepts(&self, position: i64) -> bool {
        position <= self.last() + 1 && self.first().unwrap_or(1) <= position
    }

    /// Whether a page overlaps the timeline or is adjacent to it, so that no hole comes between.
    pub(super) fn touches(&self, page: &[Arc<Message>]) -> bool {
        match (self.first(), page.first(), page.last()) {
            (_, None, _) | (_, _, None) => true,
            (None, Some(first), _) => first.position == 1,
            (Some(known), Some(first), Some(last)) => {
                first.position <= self.last() + 1 && known <= last.position + 1
            }
        }
    }

    /// Inserts a message. Of two versions, the one with the higher sequence number stays.
    pub(super) fn insert(&mut self, message: Arc<Message>) {
        if self
            .at(message.position)
            .is_some_and(|known| known.seq > message.seq)
        {
            return;
        }
        self.positions.insert(message.id, message.position);
        if message.sender.id == self.me
            && let Some(client_id) = &message.client_id
        {
            self.mine.insert(client_id.clone(), message.position);
        }
        self.messages.insert(message.position, message);
    }

    /// Updates the quotes of a message in all others, which come after it. Returns those that had another.
    pub(super) fn update_quotes(&mut self, quoted: &Message) -> Vec<MessageId> {
        if quoted.position >= self.last() {
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
        reply.deleted_at = quoted.deleted_at;
    }
    true
}
