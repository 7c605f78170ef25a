//! The byte stream that Engine.IO gets for a connection. The engine reads and writes it like any
//! other; its read task also writes the rest of the queue after the send buffer was full.

use super::{
    connection::Connection,
    inbound::Inbound,
    limits::{READ_PAUSE, WRITE_STALL_TIMEOUT},
    polling_queue::PollingQueue,
    polling_sessions::PollingSessions,
};
use crate::connections::{ConnectionPermit, NetworkPermit};
use bytes::{Buf, Bytes};
use socket2::SockRef;
use socketioxide::socket::Sid;
use std::{
    io,
    net::Shutdown,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

pub struct EngineStream {
    connection: Connection,
    /// Bytes that hyper had read behind the request of the upgrade.
    read_ahead: Bytes,
    /// Bytes that have been counted, and wait until their message may be read: the engine makes room for a
    /// whole message when it sees its head.
    held_back: Vec<u8>,
    stall: Option<WriteStall>,
    /// Until it ends, nothing more is read.
    pause: Option<Pin<Box<Sleep>>>,
    polling_session: Option<(Sid, PollingSessions)>,
    /// The queue of that session, once a user has joined a namespace.
    polling_queue: Option<Arc<PollingQueue>>,
    inbound: Inbound,
    _permits: Option<Permits>,
}

/// What counts the connection while it exists.
#[expect(dead_code, reason = "they count until they are dropped")]
pub struct Permits {
    pub connection: ConnectionPermit,
    /// Of a client behind a trusted proxy.
    pub network: Option<NetworkPermit>,
}

/// A time during which the peer has taken nothing.
struct WriteStall {
    /// Bytes that the peer had taken at its beginning.
    written: u64,
    timeout: Pin<Box<Sleep>>,
}

impl EngineStream {
    /// `polling_session`: the long-polling session that is upgraded to this connection.
    pub fn new(
        connection: Connection,
        read_ahead: Bytes,
        polling_session: Option<(Sid, PollingSessions)>,
        inbound: Inbound,
        permits: Option<Permits>,
    ) -> Self {
        if let Some((id, sessions)) = &polling_session {
            sessions.upgrade(*id, &connection);
        }
        Self {
            connection,
            read_ahead,
            held_back: Vec::new(),
            stall: None,
            pause: None,
            polling_session,
            polling_queue: None,
            inbound,
            _permits: permits,
        }
    }

    /// These bytes of an upgraded session have gone from the engine into the write queue.
    fn take_off_polling_queue(&mut self, bytes: usize) {
        let Some((id, sessions)) = &self.polling_session else {
            return;
        };
        if self.polling_queue.is_none() {
            self.polling_queue = sessions.queue(*id);
        }
        if let Some(queue) = &self.polling_queue {
            queue.subtract(bytes);
        }
    }

    /// Counts what was read behind `before`; ends the connection that sends more than it may. Pending while the
    /// engine must not see it yet.
    fn count(
        &mut self,
        buffer: &mut ReadBuf<'_>,
        before: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let bytes = &buffer.filled()[before..];
        let counted = self.inbound.count(bytes, &self.connection);
        let ready = match counted {
            Ok(()) => self.inbound.poll_ready(cx),
            Err(excess) => Poll::Ready(Err(excess)),
        };
        match ready {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => {
                buffer.set_filled(before);
                self.connection.abort();
            }
            Poll::Pending => {
                self.held_back.extend_from_slice(bytes);
                buffer.set_filled(before);
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Pending while the connection is not read from.
    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.connection.take_read_pause() {
            self.pause = Some(Box::pin(tokio::time::sleep(READ_PAUSE)));
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(())
    }

    /// Writes what is queued as soon as the peer takes it; aborts the connection of a peer that
    /// takes nothing until the timeout.
    fn poll_drain(&mut self, cx: &mut Context<'_>) {
        while let Some(written) = self.connection.blocked_at() {
            match self.connection.stream().poll_write_ready(cx) {
                Poll::Ready(Ok(())) => match self.connection.resume() {
                    Ok(true) => self.connection.write_waker().wake(),
                    Ok(false) => {}
                    Err(_) => return self.connection.abort(),
                },
                Poll::Ready(Err(_)) => return self.connection.abort(),
                Poll::Pending => {
                    if self.has_stalled(written, cx) {
                        self.connection.abort();
                    }
                    return;
                }
            }
        }
        self.stall = None;
    }

    fn has_stalled(&mut self, written: u64, cx: &mut Context<'_>) -> bool {
        let stall = match &mut self.stall {
            Some(stall) if stall.written == written => stall,
            other => other.insert(WriteStall {
                written,
                timeout: Box::pin(tokio::time::sleep(WRITE_STALL_TIMEOUT)),
            }),
        };
        stall.timeout.as_mut().poll(cx).is_ready()
    }
}

impl Drop for EngineStream {
    fn drop(&mut self) {
        // Subscribers and the flush queue may hold the connection, and its socket, for a while.
        self.connection.abort();
        if let Err(error) = SockRef::from(self.connection.stream()).shutdown(Shutdown::Both) {
            tracing::trace!(%error, "a connection was closed already");
        }
        if let Some((id, sessions)) = &self.polling_session {
            sessions.remove(*id);
        }
    }
}

impl AsyncRead for EngineStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.connection.read_waker().register(cx.waker());
        this.poll_drain(cx);
        if this.connection.is_aborted() {
            return Poll::Ready(Ok(()));
        }
        if this.connection.engine_waits() {
            return Poll::Pending;
        }
        if ready!(this.inbound.poll_ready(cx)).is_err() {
            this.connection.abort();
            return Poll::Ready(Ok(()));
        }
        if !this.held_back.is_empty() {
            let count = this.held_back.len().min(buffer.remaining());
            buffer.put_slice(&this.held_back[..count]);
            this.held_back.drain(..count);
            return Poll::Ready(Ok(()));
        }
        ready!(this.poll_pause(cx));
        let before = buffer.filled().len();
        if !this.read_ahead.is_empty() {
            let count = this.read_ahead.len().min(buffer.remaining());
            buffer.put_slice(&this.read_ahead[..count]);
            this.read_ahead.advance(count);
            return this.count(buffer, before, cx);
        }
        loop {
            ready!(this.connection.stream().poll_read_ready(cx))?;
            let stream = this.connection.stream();
            match stream.try_read(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return this.count(buffer, before, cx);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for EngineStream {
    /// Takes all of the bytes or none: the engine writes whole frames, and the gateway's own frames
    /// are queued between them.
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        frames: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.write_waker().register(cx.waker());
        if self.connection.is_aborted() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if !self.connection.enqueue_engine_bytes(frames) {
            return Poll::Pending;
        }
        self.take_off_polling_queue(frames.len());
        self.connection.flush();
        Poll::Ready(Ok(frames.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.is_aborted() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.connection.flush();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.write_waker().register(cx.waker());
        if self.connection.is_aborted() {
            return Poll::Ready(Ok(()));
        }
        self.connection.flush();
        if !self.connection.is_drained() {
            return Poll::Pending;
        }
        let stream = SockRef::from(self.connection.stream());
        Poll::Ready(stream.shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests;
