//! Queue of the writer: bounded, in order of arrival within a conversation, and fair among
//! conversations.

use super::options::SendOptions;
use crate::{Error, Result, conversation_lock::LockGuard};
use model::{ConversationId, Message, MessageId, NewMessage, UserId};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Messages that may be queued in all; one more is refused with `Overloaded`.
const MAX_QUEUED: usize = 8_192;

/// Messages of one conversation that may be queued, so that one cannot fill the whole queue.
const MAX_QUEUED_PER_CONVERSATION: usize = 1_024;

/// Messages in a batch. All of them wait for its commit.
const MAX_BATCH: usize = 256;

/// Messages of one conversation in a batch.
const MAX_BATCH_PER_CONVERSATION: usize = 128;

/// A message that has been queued for longer is not written, and refused with `Overloaded`: the
/// database has been away or too slow all the time.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);

/// A message in the queue, and where its result goes.
pub struct QueuedSend {
    pub conversation_id: ConversationId,
    pub sender_id: UserId,
    pub new: NewMessage,
    pub options: SendOptions,
    pub queued_at: Instant,
    pub reply: oneshot::Sender<Result<SendResult>>,
}

/// The result of a send that was not refused.
#[expect(clippy::large_enum_variant, reason = "almost all are of that variant")]
pub enum SendResult {
    Written(Message),
    /// An earlier send with the same `clientId` had written this message.
    Repeated(MessageId),
}

/// Sends that `Queue::take` has chosen to be written together.
#[derive(Default)]
pub struct QueuedBatch {
    /// The locks of their conversations.
    pub locks: Vec<LockGuard>,
    pub sends: Vec<QueuedSend>,
    /// Sends that have passed `QUEUE_TIMEOUT`, to be refused.
    pub expired: Vec<QueuedSend>,
}

#[derive(Default)]
pub struct Queue {
    /// The sends of each conversation that waits for its lock, is ready, or is being written.
    waiting: HashMap<ConversationId, VecDeque<QueuedSend>>,
    /// Conversations whose lock is held, in the order in which they got it.
    ready: VecDeque<LockGuard>,
    length: usize,
}

impl QueuedSend {
    /// A hash of sender and `clientId`. Two sends with the same hash go into different batches; a
    /// collision costs no more than that.
    fn idempotency_hash(&self) -> Option<u64> {
        let client_id = self.new.client_id.as_ref()?;
        let mut hasher = DefaultHasher::new();
        (self.sender_id, client_id).hash(&mut hasher);
        Some(hasher.finish())
    }
}

impl Queue {
    /// Queues a send. `true` when the conversation had nothing queued and has to be locked;
    /// `Overloaded` when a limit is reached.
    pub fn push(&mut self, send: QueuedSend) -> Result<bool> {
        let id = send.conversation_id;
        let queued = self.waiting.get(&id).map_or(0, VecDeque::len);
        if self.length >= MAX_QUEUED || queued >= MAX_QUEUED_PER_CONVERSATION {
            return Err(Error::Overloaded);
        }
        self.length += 1;
        let is_new = !self.waiting.contains_key(&id);
        self.waiting.entry(id).or_default().push_back(send);
        Ok(is_new)
    }

    pub fn push_ready(&mut self, lock: LockGuard) {
        self.ready.push_back(lock);
    }

    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub fn len(&self) -> usize {
        self.length
    }

    /// The next batch: whole conversations that are ready, until it is full. `None` when no
    /// conversation is ready.
    pub fn take(&mut self) -> Option<QueuedBatch> {
        let mut batch = QueuedBatch::default();
        while batch.sends.len() < MAX_BATCH
            && let Some(lock) = self.ready.pop_front()
        {
            if let Some(waiting) = self.waiting.get_mut(&lock.conversation_id) {
                let before = waiting.len();
                batch.fill(waiting);
                self.length -= before - waiting.len();
            }
            batch.locks.push(lock);
        }
        (!batch.locks.is_empty()).then_some(batch)
    }

    /// Removes the queued sends of a conversation, which stays known until `finish`.
    pub fn drain(&mut self, id: ConversationId) -> Vec<QueuedSend> {
        let drained: Vec<_> = match self.waiting.get_mut(&id) {
            Some(waiting) => waiting.drain(..).collect(),
            None => Vec::new(),
        };
        self.length -= drained.len();
        drained
    }

    /// Ends the writing to a conversation. `true` when more sends are queued and it has to be locked
    /// again; otherwise it is forgotten.
    pub fn finish(&mut self, id: ConversationId) -> bool {
        let has_more = self.waiting.get(&id).is_some_and(|it| !it.is_empty());
        if !has_more {
            self.waiting.remove(&id);
        }
        has_more
    }
}

impl QueuedBatch {
    fn fill(&mut self, waiting: &mut VecDeque<QueuedSend>) {
        let start = self.sends.len();
        let max = MAX_BATCH.min(start + MAX_BATCH_PER_CONVERSATION);
        let (mut hashes, mut deferred) = (HashSet::new(), Vec::new());
        while self.sends.len() < max
            && let Some(send) = waiting.pop_front()
        {
            if send.queued_at.elapsed() > QUEUE_TIMEOUT {
                self.expired.push(send);
            } else if (send.options.opening && self.sends.len() > start)
                || (send.idempotency_hash()).is_some_and(|hash| !hashes.insert(hash))
            {
                // Its outcome depends on a send of this batch: the next batch sees that one committed.
                deferred.push(send);
            } else {
                self.sends.push(send);
            }
        }
        for send in deferred.into_iter().rev() {
            waiting.push_front(send);
        }
    }
}
