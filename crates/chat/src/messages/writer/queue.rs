//! Queue of the writer: bounded, in order of arrival within a conversation, and fair among
//! conversations.
//!
//! A batch takes the sends of a conversation from the front of its queue, and stops at the first
//! one that has to wait for the next batch, so that no send overtakes an earlier one.

use super::{options::SendOptions, send_wildcards::SendWildcards};
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
/// database has been away or too slow all the time. The queue finds it when a batch takes it, so
/// the refusal may come later than this.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);

/// A message in the queue, and where its result goes.
pub struct QueuedSend {
    pub conversation_id: ConversationId,
    pub sender_id: UserId,
    pub new: NewMessage,
    pub options: SendOptions,
    pub wildcards: SendWildcards,
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
    by_conversation: HashMap<ConversationId, VecDeque<QueuedSend>>,
    /// Conversations whose lock is held, in the order in which they got it.
    ready: VecDeque<LockGuard>,
    length: usize,
}

impl QueuedSend {
    /// A send, and where its result will come.
    pub fn new(
        (sender_id, conversation_id): (UserId, ConversationId),
        new: NewMessage,
        options: SendOptions,
    ) -> (Self, oneshot::Receiver<Result<SendResult>>) {
        let (reply, result) = oneshot::channel();
        let send = Self {
            conversation_id,
            sender_id,
            wildcards: SendWildcards::of(&new.body, options),
            new,
            options,
            queued_at: Instant::now(),
            reply,
        };
        (send, result)
    }

    /// A hash of sender and `clientId`. Two sends with the same hash go into different batches; a
    /// collision ends a batch early, and costs no more than that.
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
        let queued = self.by_conversation.get(&id).map_or(0, VecDeque::len);
        if self.length >= MAX_QUEUED || queued >= MAX_QUEUED_PER_CONVERSATION {
            return Err(Error::Overloaded);
        }
        self.length += 1;
        let is_new = !self.by_conversation.contains_key(&id);
        self.by_conversation.entry(id).or_default().push_back(send);
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

    /// The next batch: sends of the conversations that are ready, at most
    /// `MAX_BATCH_PER_CONVERSATION` of each, until it has `MAX_BATCH`. What is left of a
    /// conversation stays queued. `None` when no conversation is ready.
    pub fn take(&mut self) -> Option<QueuedBatch> {
        let mut batch = QueuedBatch::default();
        while batch.sends.len() < MAX_BATCH
            && let Some(lock) = self.ready.pop_front()
        {
            if let Some(queued) = self.by_conversation.get_mut(&lock.conversation_id) {
                let before = queued.len();
                batch.fill(queued);
                self.length -= before - queued.len();
            }
            batch.locks.push(lock);
        }
        (!batch.locks.is_empty()).then_some(batch)
    }

    /// Removes the queued sends of a conversation, which stays known until `finish`.
    pub fn drain(&mut self, id: ConversationId) -> Vec<QueuedSend> {
        let drained: Vec<_> = match self.by_conversation.get_mut(&id) {
            Some(queued) => queued.drain(..).collect(),
            None => Vec::new(),
        };
        self.length -= drained.len();
        drained
    }

    /// Ends the writing to a conversation. `true` when more sends are queued and it has to be
    /// locked again; otherwise it is forgotten.
    pub fn finish(&mut self, id: ConversationId) -> bool {
        let queued = self.by_conversation.get(&id);
        let has_more = queued.is_some_and(|it| !it.is_empty());
        if !has_more {
            self.by_conversation.remove(&id);
        }
        has_more
    }
}

impl QueuedBatch {
    /// Takes sends of one conversation, in order, up to the limits or to the first one that has to
    /// wait for the next batch.
    fn fill(&mut self, queued: &mut VecDeque<QueuedSend>) {
        let start = self.sends.len();
        let max = MAX_BATCH.min(start + MAX_BATCH_PER_CONVERSATION);
        let mut hashes = HashSet::new();
        while self.sends.len() < max
            && let Some(send) = queued.pop_front()
        {
            if send.queued_at.elapsed() > QUEUE_TIMEOUT {
                self.expired.push(send);
            } else if (send.options.opening && self.sends.len() > start)
                || (send.idempotency_hash()).is_some_and(|hash| !hashes.insert(hash))
            {
                // Its outcome depends on a send of this batch: the next batch sees that one
                // committed. Later sends wait with it, so that none of them is written before it.
                queued.push_front(send);
                return;
            } else {
                self.sends.push(send);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Queue, QueuedBatch, QueuedSend};
    use crate::{conversation_lock::ConversationLocks, messages::SendOptions};
    use model::{ConversationId, NewMessage, UserId};

    const ROOM: ConversationId = ConversationId(1);

    fn push(queue: &mut Queue, body: &str, client_id: Option<&str>, opening: bool) {
        let new = NewMessage {
            body: body.to_owned(),
            client_id: client_id.map(str::to_owned),
            ..NewMessage::default()
        };
        let options = SendOptions {
            opening,
            ..SendOptions::default()
        };
        let (send, _) = QueuedSend::new((UserId(1), ROOM), new, options);
        queue.push(send).unwrap();
    }

    fn bodies(batch: &QueuedBatch) -> Vec<&str> {
        batch.sends.iter().map(|it| it.new.body.as_str()).collect()
    }

    /// The next batch of the only conversation.
    fn take(queue: &mut Queue) -> QueuedBatch {
        let locks = ConversationLocks::default();
        queue.push_ready(locks.try_lock(ROOM).unwrap());
        queue.take().unwrap()
    }

    #[test]
    fn no_send_overtakes_one_that_waits_for_the_next_batch() {
        let mut queue = Queue::default();
        push(&mut queue, "first", Some("k1"), false);
        push(&mut queue, "first again", Some("k1"), false);
        push(&mut queue, "second", Some("k2"), false);
        push(&mut queue, "opening", None, true);
        push(&mut queue, "third", None, false);
        assert_eq!(bodies(&take(&mut queue)), ["first"]);
        assert_eq!(queue.len(), 4);
        assert_eq!(bodies(&take(&mut queue)), ["first again", "second"]);
        assert!(queue.finish(ROOM));
        assert_eq!(bodies(&take(&mut queue)), ["opening", "third"]);
        assert_eq!(queue.len(), 0);
        assert!(!queue.finish(ROOM));
    }
}
