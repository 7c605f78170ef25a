//! `PollingQueue`: what waits for the next poll of a session. The engine keeps the packets, and counts only
//! their number; their bytes are counted here.

use super::{
    frame,
    queue_budget::{Account, Transport},
    queued_bytes::QueuedBytes,
    write_queue::SlowConsumer,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

pub struct PollingQueue {
    account: Arc<Account>,
    state: Mutex<State>,
}

struct State {
    queued: QueuedBytes,
    /// Polls that wait for an answer, or whose answer is being written.
    polls: usize,
    last_poll: Instant,
    /// Whether the client has sent more than it may, and its POST is answered later.
    read_pause_due: bool,
}

impl PollingQueue {
    pub fn new(account: &Arc<Account>) -> Self {
        let mut queued = QueuedBytes::default();
        queued.charge_to(account, Transport::Polling);
        Self {
            account: Arc::clone(account),
            state: Mutex::new(State {
                queued,
                polls: 0,
                last_poll: Instant::now(),
                read_pause_due: false,
            }),
        }
    }

    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Counts an event that is about to be given to the engine.
    pub fn add_event(
        &self,
        namespace: &str,
        name: &str,
        payload: &str,
    ) -> Result<(), SlowConsumer> {
        self.add(frame::event_packet_len(namespace, name, payload))
    }

    /// Takes off an event that the engine has not taken.
    pub fn subtract_event(&self, namespace: &str, name: &str, payload: &str) {
        self.subtract(frame::event_packet_len(namespace, name, payload));
    }

    /// Counts an acknowledgement that is about to be given to the engine.
    pub fn add_ack(&self, namespace: &str, answer: &str) -> Result<(), SlowConsumer> {
        self.add(frame::ack_packet_len(namespace, answer))
    }

    fn add(&self, packet: usize) -> Result<(), SlowConsumer> {
        if self.lock().queued.try_add(packet) {
            Ok(())
        } else {
            Err(SlowConsumer)
        }
    }

    /// Takes off what the engine has given to the client.
    pub fn subtract(&self, bytes: usize) {
        self.lock().queued.subtract(bytes);
    }

    /// Bytes that wait.
    pub fn backlog(&self) -> usize {
        self.lock().queued.get()
    }

    pub fn pause_reading(&self) {
        self.lock().read_pause_due = true;
    }

    /// Whether a pause is due; it is begun with that.
    pub fn take_read_pause(&self) -> bool {
        std::mem::take(&mut self.lock().read_pause_due)
    }

    /// A poll that lasts until the answer is dropped.
    pub fn begin_poll(self: &Arc<Self>) -> Poll {
        self.lock().polls += 1;
        Poll(Arc::clone(self))
    }

    /// The time since the last poll ended counts from now on.
    pub fn touch(&self) {
        self.lock().last_poll = Instant::now();
    }

    /// Whether nobody has polled for this long.
    pub fn is_idle(&self, timeout: Duration) -> bool {
        let state = self.lock();
        state.polls == 0 && state.last_poll.elapsed() > timeout
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A poll that is going on.
pub struct Poll(Arc<PollingQueue>);

impl Drop for Poll {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.polls -= 1;
        state.last_poll = Instant::now();
    }
}
