//! The writer: sends that come at the same time are written by one statement and one commit.
//!
//! A conversation that somebody writes to waits for its lane, and is ready when it has it. A few
//! workers each take all that is ready, write it, tell it in order, answer, and give the lanes back.
//! What comes meanwhile waits for the next batch; a lone send waits for nobody.

mod batch;
mod doubt;
mod queue;
mod statement;
mod trigrams;

use super::load_message;
use crate::{Caller, Chat, Error, Result, lanes::Turn};
use metrics::{counter, gauge, histogram};
use model::{ConversationId, NewMessage, Sent};
use queue::{Answer, Batch, Outgoing, Queue};
use sqlx::{Postgres, pool::PoolConnection};
use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};
use trigrams::Sorting;

/// Batches at a time: while one waits for the disk, the next is prepared.
const WORKERS: usize = 2;

/// A worker that has nothing to do keeps its connection for so long: Postgres has what writing needs
/// at hand there, and takes half as long again in another.
const RESTS: Duration = Duration::from_secs(1);

/// Conversations held by another node that are waited for at a time, with a connection each.
const MOST_WAITED_FOR: usize = 4;

type Connection = Option<PoolConnection<Postgres>>;

pub struct Writer {
    desk: Mutex<Desk>,
    patience: Semaphore,
    sorting: Sorting,
}

#[derive(Default)]
struct Desk {
    queue: Queue,
    workers: usize,
    /// Workers that are about to take what is ready.
    looking: usize,
    /// Calls workers that rest, the last to have worked at the end.
    resting: Vec<oneshot::Sender<()>>,
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
struct Worker {
    chat: Chat,
    is_looking: bool,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            desk: Mutex::default(),
            patience: Semaphore::new(MOST_WAITED_FOR),
            sorting: Sorting::default(),
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
        match answered.await.map_err(Error::internal)?? {
            Answer::Written(message) => Ok(Sent {
                message,
                deduplicated: false,
            }),
            Answer::Repeated(id) => Ok(Sent {
                message: load_message(&mut *self.0.db.acquire().await?, id).await?,
                deduplicated: true,
            }),
        }
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
        if !desk.queue.has_ready() || desk.looking > 0 {
            return;
        }
        while let Some(resting) = desk.resting.pop() {
            if resting.send(()).is_ok() {
                desk.looking += 1;
                return;
            }
        }
        if desk.workers < WORKERS {
            desk.workers += 1;
            desk.looking += 1;
            let worker = Worker {
                chat: self.clone(),
                is_looking: true,
            };
            tokio::spawn(worker.run());
        }
    }
}

impl Worker {
    async fn run(mut self) {
        let mut db = None;
        loop {
            match self.take() {
                Ok(batch) => {
                    // There may be more than fits into a batch.
                    self.chat.call_worker();
                    self.chat.write_batch(&mut db, batch, false).await;
                    self.look();
                    // Whoever was just answered may go on at once, and be in the next batch already.
                    tokio::task::yield_now().await;
                }
                Err(mut called) => {
                    let is_called = timeout(RESTS, &mut called).await.is_ok();
                    called.close();
                    // Perhaps at the last moment.
                    if !is_called && called.try_recv().is_err() {
                        return;
                    }
                    self.is_looking = true;
                }
            }
        }
    }

    fn look(&mut self) {
        self.chat.0.writer.desk().looking += 1;
        self.is_looking = true;
    }

    /// What is ready; where nothing is, the worker rests until it is called.
    #[expect(clippy::cast_precision_loss, reason = "both are bounded")]
    fn take(&mut self) -> Result<Batch, oneshot::Receiver<()>> {
        let (batch, waiting) = {
            let mut desk = self.chat.0.writer.desk();
            desk.looking -= 1;
            self.is_looking = false;
            let Some(batch) = desk.queue.take() else {
                let (call, called) = oneshot::channel();
                desk.resting.push(call);
                return Err(called);
            };
            (batch, desk.queue.len())
        };
        gauge!("parlance_writer_queue_depth").set(waiting as f64);
        histogram!("parlance_writer_batch_messages").record(batch.sends.len() as f64);
        let waited = histogram!("parlance_writer_queue_seconds");
        for send in batch.sends.iter().chain(&batch.late) {
            self.chat.0.lanes.work.begun();
            waited.record(send.since.elapsed());
        }
        Ok(batch)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut desk = self.chat.0.writer.desk();
        desk.workers -= 1;
        desk.looking -= usize::from(self.is_looking);
        drop(desk);
        // Something may have become ready since this one looked.
        self.chat.call_worker();
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
