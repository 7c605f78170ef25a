//! The writer: sends that come at the same time are written by one statement and one commit.
//!
//! A conversation that somebody writes to waits for its lane, and is ready when it has it. A few
//! workers each take all that is ready, write it, tell it in order, answer, and give the lanes back.
//! What comes meanwhile waits for the next batch; a lone send waits for nobody.

mod batch;
mod doubt;
mod queue;
mod statement;

use crate::{Caller, Chat, Error, Result, lanes::Turn};
use metrics::{counter, gauge, histogram};
use model::{ConversationId, NewMessage, Sent};
use queue::{Batch, Outgoing, Queue};
use sqlx::{Postgres, pool::PoolConnection};
use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use tokio::sync::{Semaphore, oneshot};

/// Batches at a time: while one waits for the disk, the next is prepared.
const WORKERS: usize = 3;

/// Conversations held by another node that are waited for at a time, with a connection each.
const MOST_WAITED_FOR: usize = 4;

type Connection = Option<PoolConnection<Postgres>>;

pub struct Writer {
    desk: Mutex<Desk>,
    patience: Semaphore,
}

#[derive(Default)]
struct Desk {
    queue: Queue,
    workers: usize,
    /// Workers that are about to take what is ready.
    looking: usize,
}

/// How a message is sent, beside what it says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// With the authority of an administrator.
    pub official: bool,
    /// Only where nothing has been said yet.
    pub opening: bool,
}

/// A conversation that has its lane. Whoever drops it gives the lane back, and has the conversation
/// stand in line again where more waits in it.
struct Held {
    conversation_id: ConversationId,
    chat: Chat,
    turn: Option<Turn>,
}

/// One of the workers that are counted.
struct Worker(Chat);

impl Default for Writer {
    fn default() -> Self {
        Self {
            desk: Mutex::default(),
            patience: Semaphore::new(MOST_WAITED_FOR),
        }
    }
}

impl Writer {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chat {
    /// Writes a message at the next position, even when the caller has gone meanwhile.
    pub(crate) async fn write_message(
        &self,
        caller: &Caller,
        conversation_id: ConversationId,
        new: NewMessage,
        manner: Manner,
    ) -> Result<Sent> {
        let (answer, answered) = oneshot::channel();
        let send = Outgoing {
            conversation_id,
            sender_id: caller.user_id,
            new,
            manner,
            since: Instant::now(),
            answer,
        };
        let is_new = self.0.writer.desk().queue.push(send).inspect_err(|_| {
            counter!("parlance_writer_refused_total").increment(1);
        })?;
        self.0.lanes.work.waits();
        if is_new {
            self.stand_in_line(conversation_id);
        }
        answered.await.map_err(Error::internal)?
    }

    /// Gets the conversation its lane, and then a worker.
    fn stand_in_line(&self, id: ConversationId) {
        if let Some(turn) = self.0.lanes.try_enter(id) {
            self.make_ready(turn);
            return;
        }
        let chat = self.clone();
        tokio::spawn(async move {
            let turn = chat.0.lanes.enter(id).await;
            chat.make_ready(turn);
        });
    }

    fn make_ready(&self, turn: Turn) {
        let held = Held {
            conversation_id: turn.conversation_id,
            chat: self.clone(),
            turn: Some(turn),
        };
        self.0.writer.desk().queue.make_ready(held);
        self.call_worker();
    }

    fn call_worker(&self) {
        let mut desk = self.0.writer.desk();
        if desk.queue.has_ready() && desk.looking == 0 && desk.workers < WORKERS {
            desk.workers += 1;
            tokio::spawn(Worker(self.clone()).run());
        }
    }
}

impl Worker {
    async fn run(self) {
        let chat = &self.0;
        let mut db = None;
        while let Some(batch) = self.take() {
            // There may be more than fits into a batch.
            chat.call_worker();
            chat.write_batch(&mut db, batch, false).await;
            // Whoever was just answered may go on at once, and be in the next batch already.
            chat.0.writer.desk().looking += 1;
            tokio::task::yield_now().await;
            chat.0.writer.desk().looking -= 1;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "both are bounded")]
    fn take(&self) -> Option<Batch> {
        let Desk { queue, .. } = &mut *self.0.0.writer.desk();
        let mut batch = queue.take()?;
        gauge!("parlance_writer_queue_depth").set(queue.len() as f64);
        histogram!("parlance_writer_batch_messages").record(batch.sends.len() as f64);
        let waited = histogram!("parlance_writer_queue_seconds");
        for send in batch.sends.iter().chain(&batch.late) {
            self.0.0.lanes.work.begun();
            waited.record(send.since.elapsed());
        }
        for send in batch.late.drain(..) {
            self.0.answer(send, Err(Error::Overloaded));
        }
        Some(batch)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.0.writer.desk().workers -= 1;
        // Something may have become ready since this one looked.
        self.0.call_worker();
    }
}

impl Held {
    /// Takes out the conversations that these are about.
    fn extract<T>(from: &mut Vec<Self>, of: &[T], id: fn(&T) -> ConversationId) -> Vec<Self> {
        let ids: HashSet<_> = of.iter().map(id).collect();
        from.extract_if(.., |it| ids.contains(&it.conversation_id))
            .collect()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Behind those who wait for the lane already.
        self.turn.take();
        if self
            .chat
            .0
            .writer
            .desk()
            .queue
            .goes_on(self.conversation_id)
        {
            self.chat.stand_in_line(self.conversation_id);
        }
    }
}
