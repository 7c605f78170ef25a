//! Lines: the connections under the sockets, made so that they can be cut from this end, also when
//! the peer has stopped reading.

use futures_util::task::AtomicWaker;
use socketioxide::socket::Sid;
use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// How long a peer may refuse to take what is sent.
const STALL: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 20 });

/// How long a session outlives its cut in the engine, at most.
const AFTERLIFE: Duration = Duration::from_mins(2);

/// The switch of one connection. All clones are one.
#[derive(Clone, Default)]
pub struct Line(Arc<Switch>);

#[derive(Default)]
struct Switch {
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Line {
    pub fn cut(&self) {
        self.0.cut.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    fn is_cut(&self) -> bool {
        self.0.cut.load(Ordering::Acquire)
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

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection with a switch.
pub struct Wire<T> {
    inner: T,
    line: Line,
    stall: Option<Pin<Box<Sleep>>>,
    upgraded: Option<(Sid, Lines)>,
}

impl<T> Wire<T> {
    /// `upgrade`: the socket that leaves long polling for this connection.
    pub fn new(inner: T, line: Line, upgrade: Option<(Sid, Lines)>) -> Self {
        if let Some((id, lines)) = &upgrade {
            let mut known = lines.lock();
            if known.dead.contains_key(id) {
                line.cut();
            }
            known.upgraded.insert(*id, line.clone());
        }
        Self {
            inner,
            line,
            stall: None,
            upgraded: upgrade,
        }
    }

    /// Lets a write pass, unless the line was cut or the peer has taken nothing for too long.
    fn watch<R>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.stall = None;
            return written;
        }
        let stall = self
            .stall
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(STALL)));
        if stall.as_mut().poll(cx).is_ready() {
            self.line.cut();
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }

    fn is_cut(&self, waker: &AtomicWaker, cx: &Context<'_>) -> bool {
        waker.register(cx.waker());
        self.line.is_cut()
    }
}

impl<T> Drop for Wire<T> {
    fn drop(&mut self) {
        if let Some((id, lines)) = &self.upgraded {
            lines.lock().upgraded.remove(id);
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Wire<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_cut(&this.line.0.reader, cx) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.inner).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_cut(&this.line.0.writer, cx) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.watch(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_cut(&this.line.0.writer, cx) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let flushed = Pin::new(&mut this.inner).poll_flush(cx);
        this.watch(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_cut(&this.line.0.writer, cx) {
            return Poll::Ready(Ok(()));
        }
        let shut = Pin::new(&mut this.inner).poll_shutdown(cx);
        this.watch(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Lines, STALL, Wire};
    use socketioxide::socket::Sid;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_cut_wakes_both_directions() {
        let (server, _client) = tokio::io::duplex(1);
        let line = Line::default();
        let (mut reader, mut writer) = tokio::io::split(Wire::new(server, line.clone(), None));
        let reading = tokio::spawn(async move { reader.read(&mut [0; 8]).await });
        let writing = tokio::spawn(async move { writer.write_all(b"more than fits").await });
        tokio::task::yield_now().await;
        line.cut();
        assert_eq!(reading.await.unwrap().unwrap(), 0);
        assert!(writing.await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_cut() {
        let (server, mut client) = tokio::io::duplex(4);
        let mut wire = Wire::new(server, Line::default(), None);
        wire.write_all(b"fits").await.unwrap();
        let start = tokio::time::Instant::now();
        assert!(wire.write_all(b"does not").await.is_err());
        assert!(start.elapsed() >= STALL);
        assert_eq!(wire.read(&mut [0; 8]).await.unwrap(), 0);
        let mut taken = [0; 4];
        client.read_exact(&mut taken).await.unwrap();
    }

    #[tokio::test]
    async fn an_upgraded_line_is_known_while_it_lives() {
        let (server, _client) = tokio::io::duplex(4);
        let (lines, id) = (Lines::default(), Sid::new());
        let mut wire = Wire::new(server, Line::default(), Some((id, lines.clone())));
        assert!(!lines.is_dead(id));
        lines.cut(id);
        assert!(lines.is_dead(id));
        assert!(wire.write_all(b"x").await.is_err());
        drop(wire);
        assert!(lines.lock().upgraded.is_empty());
    }
}
