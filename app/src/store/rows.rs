//! The rows of a timeline: days, the dividers, messages, and messages of the outbox.

use super::{
    changes::Key, chat_store::ChatStore, outbox::Outgoing, timeline::Timeline, window::Window,
};
use model::{ConversationId, Message, MessageId, MessageKind, UserId};
use std::sync::Arc;
use time::{Date, Duration, OffsetDateTime};

/// Messages of one sender within this time form a group, which shows its sender once.
const GROUP_INTERVAL: Duration = Duration::minutes(5);

/// Identifies a row. A message of the user keeps the key that it had in the outbox, so that its row
/// is not built anew when it is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowKey {
    Day(Date),
    /// The divider before the first unread message.
    Unread,
    /// The divider before the first message that was missed while there was no connection.
    Missed,
    Message(MessageId),
    /// A message of the user, by its client id.
    Mine(String),
}

impl RowKey {
    /// A string that is unique among the rows of a timeline.
    pub fn to_key(&self) -> String {
        match self {
            Self::Day(day) => format!("d{}", day.to_julian_day()),
            Self::Unread => "u".to_owned(),
            Self::Missed => "l".to_owned(),
            Self::Message(id) => format!("m{id}"),
            Self::Mine(client_id) => format!("c{client_id}"),
        }
    }
}

#[derive(Clone, Debug, Eq)]
pub struct MessageRow {
    pub entry: Entry,
    /// Whether the row is the first of its group, and shows the sender.
    pub starts_group: bool,
}

/// Rows are equal if they are built alike. The votes of a poll are none of it: its part of the row follows them by itself,
/// and keeps the focus.
impl PartialEq for MessageRow {
    fn eq(&self, other: &Self) -> bool {
        let is_alike = match (&self.entry, &other.entry) {
            (Entry::Message(one), Entry::Message(other))
                if one.poll.is_some() && other.poll.is_some() =>
            {
                Arc::ptr_eq(one, other) || without_votes(one) == without_votes(other)
            }
            (one, other) => one == other,
        };
        is_alike && self.starts_group == other.starts_group
    }
}

fn without_votes(message: &Message) -> Message {
    Message {
        seq: 0,
        poll: None,
        ..message.clone()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Message(Arc<Message>),
    Outgoing(Box<Outgoing>),
}

impl ChatStore {
    /// The rows of a window of a timeline, oldest first. `unread_after` is the read position when the
    /// conversation was opened: the divider stands after it. `day` converts a time to a day of the user's
    /// calendar.
    pub fn rows(
        &self,
        id: ConversationId,
        window: Window,
        unread_after: Option<i64>,
        day: &dyn Fn(OffsetDateTime) -> Date,
    ) -> Vec<RowKey> {
        self.rows_of_line(id, None, window, unread_after, day)
    }

    /// The rows of the replies in an open thread that are loaded, as `rows`. Without its root.
    pub fn reply_rows(
        &self,
        id: ConversationId,
        root: MessageId,
        unread_after: Option<i64>,
        day: &dyn Fn(OffsetDateTime) -> Date,
    ) -> Vec<RowKey> {
        self.rows_of_line(id, Some(root), Window::ALL, unread_after, day)
    }

    fn rows_of_line(
        &self,
        id: ConversationId,
        thread: Option<MessageId>,
        window: Window,
        unread_after: Option<i64>,
        day: &dyn Fn(OffsetDateTime) -> Date,
    ) -> Vec<RowKey> {
        let Some(timeline) = self.line(id, thread) else {
            return Vec::new();
        };
        // Of a thread, all that is loaded is shown.
        let window = match thread {
            Some(_) => window,
            None => window.within(timeline),
        };
        let mut rows = Vec::new();
        let mut today = None;
        // Not where the window begins after it.
        let mut divider = unread_after.filter(|read| window.first() <= read + 1);
        let missed = self.missed(id).filter(|_| thread.is_none());
        let mut missed = missed.filter(|missed| window.first() <= missed.after + 1);
        let mut begin_day = |rows: &mut Vec<RowKey>, at| {
            // Clocks may go back. A day that came again would have the key of an earlier row.
            let day = Some(day(at));
            if day > today {
                today = day;
                rows.extend(day.map(RowKey::Day));
            }
        };
        for message in timeline.between(window.first(), window.last()) {
            begin_day(&mut rows, message.created_at);
            if message.sender.id != self.me.user.id {
                let at = timeline.position_of(message);
                let is_unread = divider.take_if(|read| at > *read).is_some();
                let is_told = self.is_of_others(message);
                let begun = missed.take_if(|missed| is_told && at > missed.after);
                // One line says it, where both are.
                if is_unread {
                    rows.push(RowKey::Unread);
                } else if begun.is_some_and(|missed| at <= missed.until) {
                    rows.push(RowKey::Missed);
                }
            }
            rows.push(self.key_of(message));
        }
        for outgoing in self.outgoing(id, thread).filter(|_| window.follows()) {
            begin_day(&mut rows, outgoing.created_at);
            rows.push(RowKey::Mine(outgoing.client_id.clone()));
        }
        rows
    }

    /// The keys of what the content of a row is read from, in the main line or in a thread.
    pub fn keys_of_row(
        &self,
        id: ConversationId,
        thread: Option<MessageId>,
        key: &RowKey,
    ) -> Vec<Key> {
        let client_id = match key {
            RowKey::Message(id) => return vec![Key::Message(*id)],
            RowKey::Mine(client_id) => client_id,
            RowKey::Day(_) | RowKey::Unread | RowKey::Missed => return Vec::new(),
        };
        let timeline = self.line(id, thread);
        match timeline.and_then(|timeline| timeline.by_client_id(client_id)) {
            Some(message) => vec![Key::Message(message.id)],
            None => vec![Key::Outbox, thread.map_or(Key::Rows(id), Key::Replies)],
        }
    }

    /// The content of a row of the main line; `None` for days and the dividers.
    pub fn row(&self, id: ConversationId, key: &RowKey) -> Option<MessageRow> {
        self.row_of_line(id, None, key)
    }

    /// The same, or of a thread.
    pub fn row_of_line(
        &self,
        id: ConversationId,
        thread: Option<MessageId>,
        key: &RowKey,
    ) -> Option<MessageRow> {
        if let RowKey::Message(root) = key
            && thread == Some(*root)
        {
            return Some(MessageRow {
                entry: Entry::Message(Arc::clone(self.message(id, *root)?)),
                starts_group: true,
            });
        }
        let timeline = self.line(id, thread)?;
        let message = match key {
            RowKey::Message(id) => timeline.by_id(*id),
            RowKey::Mine(client_id) => timeline.by_client_id(client_id),
            RowKey::Day(_) | RowKey::Unread | RowKey::Missed => return None,
        };
        if let Some(message) = message {
            let before = timeline.before(timeline.position_of(message));
            return Some(MessageRow {
                entry: Entry::Message(Arc::clone(message)),
                starts_group: GroupingKey::of(message)
                    .starts_group(before.map(|m| GroupingKey::of(m))),
            });
        }
        let RowKey::Mine(client_id) = key else {
            return None;
        };
        self.outgoing_row(timeline, id, thread, client_id)
    }

    fn outgoing_row(
        &self,
        timeline: &Timeline,
        id: ConversationId,
        thread: Option<MessageId>,
        client_id: &str,
    ) -> Option<MessageRow> {
        let me = self.me.user.id;
        let mut before = timeline.messages().next_back().map(|m| GroupingKey::of(m));
        for outgoing in self.outgoing(id, thread) {
            let key = GroupingKey::mine(me, outgoing);
            if outgoing.client_id == client_id {
                return Some(MessageRow {
                    entry: Entry::Outgoing(Box::new(outgoing.clone())),
                    starts_group: key.starts_group(before),
                });
            }
            before = Some(key);
        }
        None
    }

    /// The messages of the outbox for a line, if it ends with the newest message.
    fn outgoing(
        &self,
        id: ConversationId,
        thread: Option<MessageId>,
    ) -> impl Iterator<Item = &Outgoing> {
        let at_end = thread.is_some() || !self.has_newer(id);
        let all = self.outbox.of(id).filter(move |_| at_end);
        all.filter(move |outgoing| outgoing.thread_id == thread)
    }

    /// The main line of a conversation, or a thread that is open.
    pub(super) fn line(&self, id: ConversationId, thread: Option<MessageId>) -> Option<&Timeline> {
        match thread {
            Some(root) => self.replies(id, root),
            None => self.timeline(id),
        }
    }

    fn key_of(&self, message: &Message) -> RowKey {
        match &message.client_id {
            Some(client_id) if message.sender.id == self.me.user.id => {
                RowKey::Mine(client_id.clone())
            }
            _ => RowKey::Message(message.id),
        }
    }
}

/// What decides whether a message continues the group of the one before.
struct GroupingKey {
    sender: UserId,
    at: OffsetDateTime,
    standalone: bool,
}

/// Whether a message quotes another one: a reply that is in a thread only quotes its root for clients that
/// know no threads.
fn quotes(message: &Message) -> bool {
    let quoted = message.reply_to.as_ref().map(|reply| reply.id);
    quoted.is_some() && (quoted != message.thread_id || message.also_to_conversation)
}

impl GroupingKey {
    fn of(message: &Message) -> Self {
        Self {
            sender: message.sender.id,
            at: message.created_at,
            standalone: quotes(message) || message.kind == MessageKind::System,
        }
    }

    fn mine(me: UserId, outgoing: &Outgoing) -> Self {
        Self {
            sender: me,
            at: outgoing.created_at,
            standalone: outgoing.reply_to.is_some(),
        }
    }

    fn starts_group(&self, before: Option<Self>) -> bool {
        self.standalone
            || before.is_none_or(|before| {
                before.sender != self.sender || (self.at - before.at).abs() > GROUP_INTERVAL
            })
    }
}
