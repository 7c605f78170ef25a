//! What has to be written for a batch of messages: new rows with their places, and changes of rows that
//! are there. Without the database, as everything has been read and locked.

use super::{
    batch::Counters,
    known_messages::{KnownMessage, KnownMessages},
    message_check::CheckedMessage,
};
use crate::ExternalId;
use std::collections::HashMap;
use time::OffsetDateTime;

/// A message to be inserted.
pub struct NewRow<'a> {
    pub message: CheckedMessage<'a>,
    pub conversation_id: i64,
    pub sender_id: i64,
    pub position: i64,
    pub seq: i64,
}

/// What has changed of a message since it was taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub id: i64,
    /// The new body; `None` if it is the same, or the message is deleted.
    pub body: Option<String>,
    pub edited_at: Option<OffsetDateTime>,
    pub deleted_at: Option<OffsetDateTime>,
    /// A reply whose message has come since.
    pub reply_to_id: Option<i64>,
}

/// Gives places at the end of their conversations.
pub struct Places(HashMap<i64, Counters>);

impl Places {
    pub fn new(counters: HashMap<i64, Counters>) -> Self {
        Self(counters)
    }

    /// Whether the user may have written in a conversation that is locked.
    pub fn has_room_for(&self, conversation_id: i64, user_id: i64) -> bool {
        let counters = self.0.get(&conversation_id);
        counters.is_none_or(|it| it.has_room_for(user_id))
    }

    /// The next position and `seq`. `None` for a conversation that was deleted before it was locked.
    pub fn next(&mut self, conversation_id: i64) -> Option<(i64, i64)> {
        let counters = self.0.get_mut(&conversation_id)?;
        counters.position += 1;
        counters.seq += 1;
        Some((counters.position, counters.seq))
    }

    pub fn counters(&self) -> impl Iterator<Item = (i64, Counters)> {
        self.0.iter().map(|(id, counters)| (*id, *counters))
    }
}

/// The change of a message that is there; `None` if it is as it should be. A message that was deleted or
/// edited here since stays so.
pub fn change(
    known: &KnownMessage,
    message: &CheckedMessage<'_>,
    replies: &Replies,
) -> Option<Change> {
    let row = message.row;
    if known.is_deleted {
        return None;
    }
    let mut change = Change {
        id: known.id,
        body: None,
        edited_at: None,
        deleted_at: row.deleted_at,
        reply_to_id: None,
    };
    if row.deleted_at.is_some() {
        return Some(change);
    }
    // `None` is before any time.
    if message.stored_body() != known.body && row.edited_at >= known.edited_at {
        change.body = Some(message.stored_body().to_owned());
        change.edited_at = row.edited_at;
    }
    if known.reply_to_id.is_none() {
        change.reply_to_id = replies.find(message, known.conversation_id);
    }
    (change.body.is_some() || change.reply_to_id.is_some()).then_some(change)
}

/// Where the messages are that replies name: id and conversation by old id.
#[derive(Default)]
pub struct Replies(HashMap<ExternalId, (i64, i64)>);

impl Replies {
    pub fn add_known(&mut self, known: &KnownMessages) {
        let known = known.iter();
        self.0
            .extend(known.map(|(id, it)| (id.clone(), (it.id, it.conversation_id))));
    }

    pub fn add(&mut self, new: &NewRow<'_>, id: i64) {
        let external_id = new.message.row.id.clone();
        self.0.insert(external_id, (id, new.conversation_id));
    }

    /// The message that this one replies to, if it is in the same conversation.
    pub fn find(&self, message: &CheckedMessage<'_>, conversation_id: i64) -> Option<i64> {
        let reply_to = message.row.reply_to.as_ref()?;
        let (id, found_in) = self.0.get(reply_to)?;
        (*found_in == conversation_id && *reply_to != message.row.id).then_some(*id)
    }
}
