//! What waits to be written: bounded, in order of arrival within a conversation, and fair among
//! conversations.

use super::{Held, Manner};
use crate::{Error, Result};
use model::{ConversationId, Message, MessageId, NewMessage, UserId};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Sends that may wait, and in one conversation, so that none crowds out the others.
const MOST_WAITING: usize = 8_192;
const MOST_WAITING_IN_ONE: usize = 1_024;

/// Messages in a batch, and of one conversation in it: all wait for the whole.
const MOST_AT_ONCE: usize = 256;
const MOST_AT_ONCE_OF_ONE: usize = 128;

/// As long as a caller waits for a database that does not come back.
const PATIENCE: Duration = Duration::from_secs(10);

/// A message on its way into the database, and where the answer goes.
pub struct Outgoing {
    pub conversation_id: ConversationId,
    pub sender_id: UserId,
    pub new: NewMessage,
    pub manner: Manner,
    pub since: Instant,
    pub answer: oneshot::Sender<Result<Answer>>,
}

/// What has come of a send.
#[expect(clippy::large_enum_variant, reason = "almost all are of that variant")]
pub enum Answer {
    Written(Message),
    /// By an earlier one with the same `clientId`.
    Repeated(MessageId),
}

/// What is written at once, and the conversations that it belongs to.
#[derive(Default)]
pub struct Batch {
    pub held: Vec<Held>,
    pub sends: Vec<Outgoing>,
    /// What has waited for too long to be written at all.
    pub late: Vec<Outgoing>,
}

#[derive(Default)]
pub struct Queue {
    /// Each conversation that stands in line, is ready or is being written.
    waiting: HashMap<ConversationId, VecDeque<Outgoing>>,
    /// Conversations that have their lane, in the order in which they got it.
    ready: VecDeque<Held>,
    length: usize,
}

impl Outgoing {
    /// The same for two sends with one `clientId`, and but for a rare chance for no others.
    fn key(&self) -> Option<u64> {
        let client_id = self.new.client_id.as_ref()?;
        let mut hasher = DefaultHasher::new();
        (self.sender_id, client_id).hash(&mut hasher);
        Some(hasher.finish())
    }
}

impl Queue {
    /// Whether the conversation is new here, and must stand in line.
    pub fn push(&mut self, send: Outgoing) -> Result<bool> {
        let id = send.conversation_id;
        let here = self.waiting.get(&id).map_or(0, VecDeque::len);
        if self.length >= MOST_WAITING || here >= MOST_WAITING_IN_ONE {
            return Err(Error::Overloaded);
        }
        self.length += 1;
        let is_new = !self.waiting.contains_key(&id);
        self.waiting.entry(id).or_default().push_back(send);
        Ok(is_new)
    }

    pub fn make_ready(&mut self, held: Held) {
        self.ready.push_back(held);
    }

    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub fn len(&self) -> usize {
        self.length
    }

    /// All that is ready, as far as it fits; `None` when nothing is.
    pub fn take(&mut self) -> Option<Batch> {
        let mut batch = Batch::default();
        while batch.sends.len() < MOST_AT_ONCE
            && let Some(held) = self.ready.pop_front()
        {
            if let Some(waiting) = self.waiting.get_mut(&held.conversation_id) {
                let before = waiting.len();
                batch.fill(waiting);
                self.length -= before - waiting.len();
            }
            batch.held.push(held);
        }
        (!batch.held.is_empty()).then_some(batch)
    }

    /// All that waits in a conversation, not to be written.
    pub fn drain(&mut self, id: ConversationId) -> Vec<Outgoing> {
        let drained: Vec<_> = match self.waiting.get_mut(&id) {
            Some(waiting) => waiting.drain(..).collect(),
            None => Vec::new(),
        };
        self.length -= drained.len();
        drained
    }

    /// Whether the conversation that was written has more to write; if not, it is forgotten.
    pub fn goes_on(&mut self, id: ConversationId) -> bool {
        let has_more = self.waiting.get(&id).is_some_and(|it| !it.is_empty());
        if !has_more {
            self.waiting.remove(&id);
        }
        has_more
    }
}

impl Batch {
    fn fill(&mut self, waiting: &mut VecDeque<Outgoing>) {
        let start = self.sends.len();
        let most = MOST_AT_ONCE.min(start + MOST_AT_ONCE_OF_ONE);
        let (mut keys, mut later) = (HashSet::new(), Vec::new());
        while self.sends.len() < most
            && let Some(send) = waiting.pop_front()
        {
            if send.since.elapsed() > PATIENCE {
                self.late.push(send);
            } else if (send.manner.opening && self.sends.len() > start)
                || send.key().is_some_and(|key| !keys.insert(key))
            {
                // What it depends on is in this batch; the next finds what that has come to.
                later.push(send);
            } else {
                self.sends.push(send);
            }
        }
        for send in later.into_iter().rev() {
            waiting.push_front(send);
        }
    }
}
