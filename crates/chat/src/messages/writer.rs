//! The writer: groups sends that come at the same time into one statement and one commit.
//!
//! A send goes into the queue of its conversation. The conversation waits for its lock, and is
//! ready when it has it. A few workers each take all conversations that are ready, write their
//! sends, publish the messages in order, answer the senders, and release the locks. What comes
//! meanwhile waits for the next batch; a lone send waits for nothing.

mod batch;
mod grants;
mod in_doubt;
mod locked;
mod options;
mod queue;
mod send_wildcards;
mod state;
mod statement;
mod together;
mod worker;

pub use options::SendOptions;
pub use state::Writer;
pub use statement::CLIENT_ID_USED;
pub use together::write_together;

use super::row::load_message;
use crate::{Caller, Chat, Error, Result, conversation_lock::LockGuard};
use metrics::counter;
use model::{ConversationId, NewMessage, Sent};
use queue::{QueuedSend, SendResult};
use worker::Worker;

/// Batches that are written at the same time: while one waits for its commit to reach the disk, the
/// next is prepared. More workers make batches smaller, and each batch has a fixed cost.
const MAX_WORKERS: usize = 2;

impl Chat {
    /// Writes a message at the next position, without validation and rate limit. Once it is queued,
    /// it is written even when the caller is dropped.
    pub(crate) async fn write_message(
        &self,
        caller: &Caller,
        conversation_id: ConversationId,
        new: NewMessage,
        options: SendOptions,
    ) -> Result<Sent> {
        let (send, result) = QueuedSend::new((caller.user_id, conversation_id), new, options);
        let is_new = self.0.writer.state().queue.push(send).inspect_err(|_| {
            counter!("parlance_writer_refused_total").increment(1);
        })?;
        self.0.conversation_locks.work.enqueued();
        if is_new {
            self.lock_and_enqueue(conversation_id);
        }
        match result.await.map_err(Error::internal)?? {
            SendResult::Written(message) => Ok(Sent {
                message,
                deduplicated: false,
            }),
            SendResult::Repeated(id) => Ok(Sent {
                message: load_message(&mut *self.0.db.acquire().await?, id).await?,
                deduplicated: true,
            }),
        }
    }

    /// Locks the conversation, at once or in a task, and hands it to a worker.
    fn lock_and_enqueue(&self, id: ConversationId) {
        if let Some(lock) = self.0.conversation_locks.try_lock(id) {
            self.enqueue_ready(lock);
            return;
        }
        let chat = self.clone();
        tokio::spawn(async move {
            let lock = chat.0.conversation_locks.lock(id).await;
            chat.enqueue_ready(lock);
        });
    }

    fn enqueue_ready(&self, lock: LockGuard) {
        self.0.writer.state().queue.push_ready(lock);
        self.wake_worker();
    }

    /// Wakes an idle worker, or starts one, unless nothing is ready or a worker is about to take.
    fn wake_worker(&self) {
        let mut state = self.0.writer.state();
        if !state.queue.has_ready() || state.wakeups > 0 {
            return;
        }
        while let Some(wake) = state.idle_workers.pop() {
            if wake.send(()).is_ok() {
                state.wakeups += 1;
                return;
            }
        }
        if state.workers < MAX_WORKERS {
            state.workers += 1;
            state.wakeups += 1;
            tokio::spawn(Worker::new(self).run());
        }
    }
}
