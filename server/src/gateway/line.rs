//! Lines: the connections under the sockets. Our frames go straight onto the wire, serialised once
//! for all who hear them and written together; and a line can be cut from this end, also when the
//! peer has stopped reading.

use bytes::{Buf, Bytes};
use futures_util::task::AtomicWaker;
use socketioxide::socket::Sid;
use std::{
    collections::{HashMap, VecDeque},
    io::{self, IoSlice},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, sync::Notify};

/// What waits for a peer that reads slowly: frames, and bytes. One frame may always wait.
const MOST_FRAMES: usize = super::OUTBOX;
const MOST_BYTES: usize = 1024 * 1024;

/// How much of it goes to the kernel in one call.
pub(super) const WRITTEN_AT_ONCE: usize = 64;

/// How long a session outlives its cut in the engine, at most.
const AFTERLIFE: Duration = Duration::from_mins(2);

/// One connection. All clones are one.
#[derive(Clone)]
pub struct Line(Arc<Shared>);

struct Shared {
    stream: TcpStream,
    cut: AtomicBool,
    /// Whoever reads from this connection: they also go on writing when the peer takes more.
    reader: AtomicWaker,
    /// The engine, when it waits for the peer to take what it has written.
    writer: AtomicWaker,
    outbox: Mutex<Outbox>,
    greeted: Notify,
}

#[derive(Default)]
struct Outbox {
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// Whoever said the last frame that cannot wait is about to send it, and all before it.
    is_urgent: bool,
    taken: u64,
    /// The peer takes nothing at the moment.
    blocked: bool,
    /// Namespaces whose client has been told that it is connected, until somebody asks.
    greeted: Vec<Box<str>>,
}

/// How soon a frame is to be sent. A write is what a frame costs most, whatever goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    Now,
    /// With the next frame that cannot wait, or in a moment.
    Soon,
}

/// The peer has not taken what it was told before, and misses something.
#[derive(Debug, PartialEq, Eq)]
pub struct Behind;

impl Line {
    pub fn new(stream: TcpStream) -> Self {
        Self(Arc::new(Shared {
            stream,
            cut: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
            outbox: Mutex::default(),
            greeted: Notify::new(),
        }))
    }

    /// Puts a frame into the queue; `flush` sends it. Answers how soon it needs that, unless
    /// somebody will do it.
    pub fn say(&self, frame: Bytes, haste: Haste) -> Result<Option<Haste>, Behind> {
        let mut outbox = self.outbox();
        if outbox.frames.len() >= MOST_FRAMES || outbox.bytes > MOST_BYTES {
            return Err(Behind);
        }
        let is_first = outbox.frames.is_empty();
        outbox.push(frame);
        if haste == Haste::Now || outbox.frames.len() >= WRITTEN_AT_ONCE {
            let was_urgent = std::mem::replace(&mut outbox.is_urgent, true);
            return Ok((!was_urgent).then_some(Haste::Now));
        }
        Ok(is_first.then_some(Haste::Soon))
    }

    /// Whether what can be missed should be: there is more to say than the peer takes.
    pub fn is_blocked(&self) -> bool {
        self.outbox().blocked
    }

    /// Writes what the peer takes now. Whoever reads writes the rest.
    pub fn flush(&self) {
        let mut outbox = self.outbox();
        if outbox.blocked || outbox.frames.is_empty() {
            return;
        }
        match outbox.write(&self.0.stream) {
            Ok(true) => {}
            Ok(false) => {
                outbox.blocked = true;
                drop(outbox);
                self.0.reader.wake();
            }
            Err(error) => {
                drop(outbox);
                tracing::debug!(%error, "a connection broke");
                self.cut();
            }
        }
    }

    /// Waits until the client of this namespace has been told that it is connected: nothing may
    /// reach it before that.
    pub async fn greeted(&self, namespace: &str) {
        loop {
            let next = self.0.greeted.notified();
            if self.is_cut() || self.outbox().take_greeting(namespace) {
                return;
            }
            next.await;
        }
    }

    pub fn cut(&self) {
        self.0.cut.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
        self.0.greeted.notify_waiters();
    }

    pub(super) fn is_cut(&self) -> bool {
        self.0.cut.load(Ordering::Acquire)
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.0.stream
    }

    pub(super) fn reader(&self) -> &AtomicWaker {
        &self.0.reader
    }

    pub(super) fn writer(&self) -> &AtomicWaker {
        &self.0.writer
    }

    /// Whole frames of the engine, in their place among ours; `false` while too much waits.
    pub(super) fn pass(&self, frames: &[u8]) -> bool {
        let mut outbox = self.outbox();
        if outbox.bytes > MOST_BYTES {
            return false;
        }
        let greetings = super::frame::greetings(frames);
        outbox.push(Bytes::copy_from_slice(frames));
        if !greetings.is_empty() {
            outbox.greeted.extend(greetings);
            drop(outbox);
            self.0.greeted.notify_waiters();
        }
        true
    }

    /// While something waits for the peer: how much it has taken so far.
    pub(super) fn taken(&self) -> Option<u64> {
        let outbox = self.outbox();
        outbox.blocked.then_some(outbox.taken)
    }

    /// Goes on with what waited. Answers whether all has been written.
    pub(super) fn resume(&self) -> io::Result<bool> {
        let mut outbox = self.outbox();
        let all = outbox.write(&self.0.stream)?;
        outbox.blocked = !all;
        Ok(all)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.outbox().frames.is_empty()
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.0.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outbox {
    fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
    }

    /// Writes until nothing is left, or nothing is taken any more.
    fn write(&mut self, stream: &TcpStream) -> io::Result<bool> {
        while let Some(first) = self.frames.front() {
            let written = if self.frames.len() == 1 {
                stream.try_write(first)
            } else {
                let mut slices = [IoSlice::new(&[]); WRITTEN_AT_ONCE];
                for (slice, frame) in slices.iter_mut().zip(&self.frames) {
                    *slice = IoSlice::new(frame);
                }
                let count = self.frames.len().min(WRITTEN_AT_ONCE);
                stream.try_write_vectored(&slices[..count])
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.forget(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.is_urgent = false;
        // What a burst has needed is not kept for ever.
        self.frames.shrink_to(4);
        Ok(true)
    }

    fn forget(&mut self, mut written: usize) {
        self.bytes -= written;
        self.taken += written as u64;
        while let Some(first) = self.frames.front_mut() {
            if first.len() > written {
                first.advance(written);
                return;
            }
            written -= first.len();
            self.frames.pop_front();
        }
    }

    fn take_greeting(&mut self, namespace: &str) -> bool {
        let found = self.greeted.iter().position(|it| **it == *namespace);
        if let Some(at) = found {
            self.greeted.swap_remove(at);
            self.greeted.shrink_to_fit();
        }
        found.is_some()
    }
}

/// The lines of sockets that began with long polling, by their ids.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    upgraded: HashMap<Sid, Line>,
    /// What was cut and may still be known to the engine: it has no other way to forget.
    dead: HashMap<Sid, Instant>,
}

impl Lines {
    pub fn cut(&self, id: Sid) {
        let mut known = self.lock();
        if let Some(line) = known.upgraded.get(&id) {
            line.cut();
        }
        known.dead.retain(|_, since| since.elapsed() < AFTERLIFE);
        known.dead.insert(id, Instant::now());
    }

    pub fn is_dead(&self, id: Sid) -> bool {
        self.lock().dead.contains_key(&id)
    }

    /// The socket has left long polling for this line.
    pub(super) fn upgrade(&self, id: Sid, line: &Line) {
        let mut known = self.lock();
        if known.dead.contains_key(&id) {
            line.cut();
        }
        known.upgraded.insert(id, line.clone());
    }

    pub(super) fn forget(&self, id: Sid) {
        self.lock().upgraded.remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
