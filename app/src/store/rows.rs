//! What a timeline shows: days, dividers and messages, derived anew from what is known.

use super::{ChatStore, Outgoing, Timeline};
use model::{ConversationId, Message, MessageId, MessageKind, UserId};
use std::sync::Arc;
use time::{Date, Duration, OffsetDateTime};

/// Within this time the same sender goes on talking.
const GROUP: Duration = Duration::minutes(5);

/// Identifies a row. A message of mine keeps the key that it had in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowKey {
    Day(Date),
    /// New messages begin here.
    Unread,
    Message(MessageId),
    /// A message of mine, by its client id.
    Mine(String),
}

impl RowKey {
    /// Tells it apart from all others.
    pub fn name(&self) -> String {
        match self {
            Self::Day(day) => format!("d{}", day.to_julian_day()),
            Self::Unread => "u".to_owned(),
            Self::Message(id) => format!("m{id}"),
            Self::Mine(client_id) => format!("c{client_id}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    pub entry: Entry,
    /// Whether it shows its sender: it continues nothing that the same person said just before.
    pub starts_group: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Message(Arc<Message>),
    Outgoing(Box<Outgoing>),
}

impl ChatStore {
    /// The rows of a timeline, oldest first. `unread_after` is the read position at which the
    /// divider stands (take it when the conversation is opened), `day` says on which day of the
    /// reader's calendar a moment lies.
    pub fn rows(
        &self,
        id: ConversationId,
        unread_after: Option<i64>,
        day: &dyn Fn(OffsetDateTime) -> Date,
    ) -> Vec<RowKey> {
        let Some(timeline) = self.timeline(id) else {
            return Vec::new();
        };
        let mut rows = Vec::new();
        let mut today = None;
        let mut divider = unread_after;
        let mut begin_day = |rows: &mut Vec<RowKey>, at| {
            // Clocks may go back; days do not, or a key would come twice.
            let day = Some(day(at));
            if day > today {
                today = day;
                rows.extend(day.map(RowKey::Day));
            }
        };
        for message in timeline.messages() {
            begin_day(&mut rows, message.created_at);
            if message.sender.id != self.me.user.id
                && divider.take_if(|read| message.position > *read).is_some()
            {
                rows.push(RowKey::Unread);
            }
            rows.push(self.key_of(message));
        }
        for outgoing in self.outgoing(id) {
            begin_day(&mut rows, outgoing.created_at);
            rows.push(RowKey::Mine(outgoing.client_id.clone()));
        }
        rows
    }

    /// What stands in one row of messages; none for days and dividers.
    pub fn row(&self, id: ConversationId, key: &RowKey) -> Option<MessageRow> {
        let timeline = self.timeline(id)?;
        let message = match key {
            RowKey::Message(id) => timeline.by_id(*id),
            RowKey::Mine(client_id) => timeline.by_client_id(client_id),
            RowKey::Day(_) | RowKey::Unread => return None,
        };
        if let Some(message) = message {
            let before = timeline.at(message.position - 1);
            return Some(MessageRow {
                entry: Entry::Message(Arc::clone(message)),
                starts_group: Voice::of(message).starts_group(before.map(|m| Voice::of(m))),
            });
        }
        let RowKey::Mine(client_id) = key else {
            return None;
        };
        self.outgoing_row(timeline, id, client_id)
    }

    fn outgoing_row(
        &self,
        timeline: &Timeline,
        id: ConversationId,
        client_id: &str,
    ) -> Option<MessageRow> {
        let me = self.me.user.id;
        let mut before = timeline.messages().next_back().map(|m| Voice::of(m));
        for outgoing in self.outgoing(id) {
            let voice = Voice::mine(me, outgoing);
            if outgoing.client_id == client_id {
                return Some(MessageRow {
                    entry: Entry::Outgoing(Box::new(outgoing.clone())),
                    starts_group: voice.starts_group(before),
                });
            }
            before = Some(voice);
        }
        None
    }

    /// What waits below the newest message, when that one is shown.
    fn outgoing(&self, id: ConversationId) -> impl Iterator<Item = &Outgoing> {
        let at_end = !self.has_newer(id);
        self.outbox.of(id).filter(move |_| at_end)
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

/// Who says something when, and how.
struct Voice {
    sender: UserId,
    at: OffsetDateTime,
    alone: bool,
}

impl Voice {
    fn of(message: &Message) -> Self {
        Self {
            sender: message.sender.id,
            at: message.created_at,
            alone: message.reply_to.is_some() || message.kind == MessageKind::System,
        }
    }

    fn mine(me: UserId, outgoing: &Outgoing) -> Self {
        Self {
            sender: me,
            at: outgoing.created_at,
            alone: outgoing.reply_to.is_some(),
        }
    }

    fn starts_group(&self, before: Option<Self>) -> bool {
        self.alone
            || before.is_none_or(|before| {
                before.sender != self.sender || (self.at - before.at).abs() > GROUP
            })
    }
}
