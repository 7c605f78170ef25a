//! Workers of the writer: each takes what is ready, writes it, and sleeps while nothing is.

use super::{batch::Connection, locked::Batch};
use crate::Chat;
use metrics::{gauge, histogram};
use std::time::Duration;
use tokio::{sync::oneshot, time::timeout};

/// An idle worker keeps its connection for this time, and ends then. The backend of a connection
/// that has just written has its plans and caches warm; through another one a write takes half as
/// long again.
const IDLE_CONNECTION_TTL: Duration = Duration::from_secs(1);

/// A worker task, counted in `WriterState::workers` until it is dropped.
pub struct Worker {
    chat: Chat,
    /// Whether it is counted in `WriterState::wakeups`.
    has_wakeup: bool,
}

impl Worker {
    /// A worker that was just counted in `workers` and in `wakeups`.
    pub fn new(chat: &Chat) -> Self {
        Self {
            chat: chat.clone(),
            has_wakeup: true,
        }
    }

    pub async fn run(mut self) {
        let mut db: Connection = None;
        loop {
            match self.take() {
                Ok(batch) => {
                    // Another worker takes what did not fit into this batch.
                    self.chat.wake_worker();
                    self.chat.write_batch(&mut db, batch, false).await;
                    self.count_wakeup();
                    // Senders that were just answered may send again at once: their next messages
                    // then go into the next batch.
                    tokio::task::yield_now().await;
                }
                Err(mut wakeup) => {
                    let is_woken = timeout(IDLE_CONNECTION_TTL, &mut wakeup).await.is_ok();
                    wakeup.close();
                    // It may have been sent between the timeout and the closing of the channel.
                    if !is_woken && wakeup.try_recv().is_err() {
                        return;
                    }
                    self.has_wakeup = true;
                }
            }
        }
    }

    fn count_wakeup(&mut self) {
        self.chat.0.writer.state().wakeups += 1;
        self.has_wakeup = true;
    }

    /// The next batch. Without one the worker is registered as idle, and gets the receiver of its
    /// wakeup.
    #[expect(clippy::cast_precision_loss, reason = "both are bounded")]
    fn take(&mut self) -> Result<Batch, oneshot::Receiver<()>> {
        let (queued, waiting) = {
            let mut state = self.chat.0.writer.state();
            state.wakeups -= 1;
            self.has_wakeup = false;
            let Some(queued) = state.queue.take() else {
                let (wake, wakeup) = oneshot::channel();
                state.idle_workers.push(wake);
                return Err(wakeup);
            };
            (queued, state.queue.len())
        };
        let batch = Batch::new(&self.chat, queued);
        gauge!("parlance_writer_queue_depth").set(waiting as f64);
        histogram!("parlance_writer_batch_messages").record(batch.sends.len() as f64);
        let queue_time = histogram!("parlance_writer_queue_seconds");
        for send in batch.sends.iter().chain(&batch.expired) {
            self.chat.0.conversation_locks.work.started();
            queue_time.record(send.queued_at.elapsed());
        }
        Ok(batch)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut state = self.chat.0.writer.state();
        state.workers -= 1;
        state.wakeups -= usize::from(self.has_wakeup);
        drop(state);
        // A conversation may have become ready after this worker's last `take`.
        self.chat.wake_worker();
    }
}
