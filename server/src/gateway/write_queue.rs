//! The write queue of one connection: frames that the kernel has not taken yet.

use super::{
    limits::MAX_QUEUED_FRAMES,
    queue_budget::{Account, Transport},
    queued_bytes::QueuedBytes,
};
use bytes::{Buf, Bytes};
use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    sync::Arc,
};
use tokio::net::TcpStream;

/// Frames that one system call writes at most.
pub const FRAMES_PER_WRITE: usize = 64;

/// Frames for which an empty queue keeps room: 128 bytes. What a burst needed beyond them goes back to
/// the allocator.
const IDLE_CAPACITY: usize = 4;

/// How soon a frame has to be written. The system call costs about ten times what the frame costs,
/// however many frames go with it, so deferred frames wait for a call that is made anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushPriority {
    Immediate,
    /// With the next immediate frame of the connection, or when the flush queue's window ends.
    Deferred,
}

/// The peer reads too slowly, and the event or acknowledgement has been dropped: its queue or buffer
/// is full, or the event is volatile and the kernel's send buffer is full. `Hub` aborts the connection,
/// unless the event was volatile.
#[derive(Debug, PartialEq, Eq)]
pub struct SlowConsumer;

#[derive(Default)]
pub struct WriteQueue {
    frames: VecDeque<Bytes>,
    bytes: QueuedBytes,
    /// The caller that enqueued an immediate frame is about to flush the whole queue.
    flush_requested: bool,
    written: u64,
    /// The engine has found the queue over its limit, and waits until it is empty.
    engine_waits: bool,
    /// The kernel's send buffer is full.
    pub blocked: bool,
}

impl WriteQueue {
    /// Appends a frame. Returns the flush that the caller has to see to; `None` if one is due already.
    pub fn enqueue(
        &mut self,
        frame: Bytes,
        priority: FlushPriority,
    ) -> Result<Option<FlushPriority>, SlowConsumer> {
        if self.frames.len() >= MAX_QUEUED_FRAMES || !self.bytes.try_add(frame.len()) {
            return Err(SlowConsumer);
        }
        let is_first = self.frames.is_empty();
        self.frames.push_back(frame);
        if priority == FlushPriority::Immediate || self.frames.len() >= FRAMES_PER_WRITE {
            let was_requested = std::mem::replace(&mut self.flush_requested, true);
            return Ok((!was_requested).then_some(FlushPriority::Immediate));
        }
        Ok(is_first.then_some(FlushPriority::Deferred))
    }

    /// Appends frames of the engine; `false` while the queue is over its limit of bytes.
    pub fn push(&mut self, frames: Bytes) -> bool {
        if self.bytes.is_over_limit() {
            self.engine_waits = true;
            return false;
        }
        self.bytes.add(frames.len());
        self.frames.push_back(frames);
        true
    }

    pub fn engine_waits(&self) -> bool {
        self.engine_waits
    }

    /// Whether the engine has waited for the queue, which is empty now.
    pub fn take_engine_waits(&mut self) -> bool {
        self.is_empty() && std::mem::take(&mut self.engine_waits)
    }

    /// From here on, what waits counts for this account.
    pub fn charge_to(&mut self, account: &Arc<Account>) {
        self.bytes.charge_to(account, Transport::WebSocket);
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes.get()
    }

    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Bytes that the kernel has taken over the connection's life.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Writes until the queue is empty (`true`) or the kernel takes no more (`false`).
    pub fn write_to(&mut self, stream: &TcpStream) -> io::Result<bool> {
        while let Some(first) = self.frames.front() {
            let result = if self.frames.len() == 1 {
                stream.try_write(first)
            } else {
                let mut slices = [IoSlice::new(&[]); FRAMES_PER_WRITE];
                for (slice, frame) in slices.iter_mut().zip(&self.frames) {
                    *slice = IoSlice::new(frame);
                }
                let count = self.frames.len().min(FRAMES_PER_WRITE);
                stream.try_write_vectored(&slices[..count])
            };
            match result {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.flush_requested = false;
        self.frames.shrink_to(IDLE_CAPACITY);
        Ok(true)
    }

    fn advance(&mut self, mut count: usize) {
        self.bytes.subtract(count);
        self.written += count as u64;
        while let Some(first) = self.frames.front_mut() {
            if first.len() > count {
                first.advance(count);
                return;
            }
            count -= first.len();
            self.frames.pop_front();
        }
    }
}
