//! One WebSocket connection. The gateway writes its own frames straight to the TCP stream, encoded
//! once for all recipients; it can also abort a connection whose peer has stopped reading.

use super::{
    frame,
    limits::MAX_REFUSED_CONNECTS,
    queue_budget::Account,
    write_queue::{FlushPriority, SlowConsumer, WriteQueue},
};
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use socketioxide::socket::Socket;
use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};
use tokio::{net::TcpStream, sync::Notify};

/// A handle to the connection. Clones share it.
#[derive(Clone)]
pub struct Connection(Arc<Shared>);

struct Shared {
    stream: TcpStream,
    aborted: AtomicBool,
    /// Whether a user has joined a namespace over this connection.
    joined: AtomicBool,
    /// CONNECTs that were refused.
    refused_connects: AtomicU32,
    /// Whether the peer has sent more than it may, and is not read from for a while.
    read_pause_due: AtomicBool,
    /// The engine's read task. It also writes the rest of the queue when the peer takes more.
    read_waker: AtomicWaker,
    /// The engine's write task, while it waits for room in the queue or for the queue to drain.
    write_waker: AtomicWaker,
    queue: Mutex<WriteQueue>,
    /// Namespaces whose CONNECT has been answered and for which nobody has waited yet.
    connect_acks: Mutex<Vec<Box<str>>>,
    connect_acked: Notify,
}

impl Connection {
    pub fn new(stream: TcpStream) -> Self {
        Self(Arc::new(Shared {
            stream,
            aborted: AtomicBool::new(false),
            joined: AtomicBool::new(false),
            refused_connects: AtomicU32::new(0),
            read_pause_due: AtomicBool::new(false),
            read_waker: AtomicWaker::new(),
            write_waker: AtomicWaker::new(),
            queue: Mutex::default(),
            connect_acks: Mutex::default(),
            connect_acked: Notify::new(),
        }))
    }

    /// The connection of a socket that did not begin with long polling.
    pub fn of(socket: &Socket) -> Option<Self> {
        socket.req_parts().extensions.get().cloned()
    }

    /// Appends a frame to the write queue; `flush` writes it. Returns the flush that the
    /// caller has to see to; `None` if one is due already.
    pub fn enqueue(
        &self,
        frame: Bytes,
        priority: FlushPriority,
    ) -> Result<Option<FlushPriority>, SlowConsumer> {
        self.queue().enqueue(frame, priority)
    }

    /// From here on, what waits counts for this account.
    pub fn charge_to(&self, account: &Arc<Account>) {
        self.queue().charge_to(account);
    }

    /// Bytes that wait.
    pub fn backlog(&self) -> usize {
        self.queue().bytes()
    }

    /// Whether the kernel's send buffer is full. Volatile events are then dropped.
    pub fn is_blocked(&self) -> bool {
        self.queue().blocked
    }

    /// Writes as much as the kernel takes now. The engine's read task writes the rest.
    pub fn flush(&self) {
        let mut queue = self.queue();
        if queue.blocked || queue.is_empty() {
            return;
        }
        match queue.write_to(&self.0.stream) {
            Ok(true) => {
                let engine_waits = queue.take_engine_waits();
                drop(queue);
                if engine_waits {
                    self.0.write_waker.wake();
                    self.0.read_waker.wake();
                }
            }
            Ok(false) => {
                queue.blocked = true;
                drop(queue);
                self.0.read_waker.wake();
            }
            Err(error) => {
                drop(queue);
                tracing::debug!(%error, "a connection broke");
                self.abort();
            }
        }
    }

    /// Waits until the CONNECT of this namespace has been answered: the client must receive nothing
    /// in the namespace before that.
    pub async fn connect_acked(&self, namespace: &str) {
        loop {
            let next = self.0.connect_acked.notified();
            if self.is_aborted() || self.take_connect_ack(namespace) {
                return;
            }
            next.await;
        }
    }

    /// Closes the connection from this end without waiting for the peer.
    pub fn abort(&self) {
        self.0.aborted.store(true, Ordering::Release);
        self.0.read_waker.wake();
        self.0.write_waker.wake();
        self.0.connect_acked.notify_waiters();
    }

    /// Notes that a user has joined a namespace, who may send more than a stranger.
    pub(super) fn mark_joined(&self) {
        self.0.joined.store(true, Ordering::Release);
    }

    pub(super) fn is_joined(&self) -> bool {
        self.0.joined.load(Ordering::Acquire)
    }

    /// Counts a CONNECT that was refused, and pauses where there have been more than a client has a use for.
    pub(super) fn count_refused_connect(&self) {
        if self.0.refused_connects.fetch_add(1, Ordering::Relaxed) >= MAX_REFUSED_CONNECTS {
            self.pause_reading();
        }
    }

    /// Lets the peer wait for `READ_PAUSE`, by TCP's own means, before more of it is read.
    pub(super) fn pause_reading(&self) {
        self.0.read_pause_due.store(true, Ordering::Release);
    }

    /// Whether a pause is due; it is begun with that.
    pub(super) fn take_read_pause(&self) -> bool {
        self.0.read_pause_due.load(Ordering::Acquire)
            && self.0.read_pause_due.swap(false, Ordering::AcqRel)
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.0.aborted.load(Ordering::Acquire)
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.0.stream
    }

    pub(super) fn read_waker(&self) -> &AtomicWaker {
        &self.0.read_waker
    }

    pub(super) fn write_waker(&self) -> &AtomicWaker {
        &self.0.write_waker
    }

    /// Appends whole frames of the engine to the write queue, but for its packet `close`; `false` while
    /// the queue is over its limit of bytes.
    pub(super) fn enqueue_engine_bytes(&self, frames: &[u8]) -> bool {
        let frames = &*frame::without_close(frames);
        if frames.is_empty() {
            return true;
        }
        let connect_acks = {
            let mut queue = self.queue();
            if !queue.push(Bytes::copy_from_slice(frames)) {
                return false;
            }
            frame::connect_acks(frames)
        };
        if !connect_acks.is_empty() {
            self.connect_acks().extend(connect_acks);
            self.0.connect_acked.notify_waiters();
        }
        true
    }

    /// While the send buffer is full: the bytes that the kernel has taken so far.
    pub(super) fn blocked_at(&self) -> Option<u64> {
        let queue = self.queue();
        queue.blocked.then(|| queue.written())
    }

    /// Writes what is queued after the send buffer was full; `true` if the queue is empty now.
    pub(super) fn resume(&self) -> io::Result<bool> {
        let mut queue = self.queue();
        let is_drained = queue.write_to(&self.0.stream)?;
        queue.blocked = !is_drained;
        queue.take_engine_waits();
        Ok(is_drained)
    }

    /// Whether the engine has more to write than there is room for. Nothing more is read from the client
    /// then, or what the engine has to answer it would grow.
    pub(super) fn engine_waits(&self) -> bool {
        self.queue().engine_waits()
    }

    pub(super) fn is_drained(&self) -> bool {
        self.queue().is_empty()
    }

    fn take_connect_ack(&self, namespace: &str) -> bool {
        let mut acks = self.connect_acks();
        let found = acks.iter().position(|it| **it == *namespace);
        if let Some(at) = found {
            acks.swap_remove(at);
            acks.shrink_to_fit();
        }
        found.is_some()
    }

    fn queue(&self) -> MutexGuard<'_, WriteQueue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect_acks(&self) -> MutexGuard<'_, Vec<Box<str>>> {
        let acks = self.0.connect_acks.lock();
        acks.unwrap_or_else(PoisonError::into_inner)
    }
}
