//! `ClientStream`: the TCP stream of a client, which notes what comes and gives up on a peer that takes
//! nothing.

use super::{activity::Activity, limits::ConnectionPermit};
use metrics::counter;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};

/// How long a peer may take less than `MIN_PROGRESS` of an answer; then the connection ends. One second
/// in tests.
const WRITE_TIMEOUT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 20 });

/// Bytes that a peer takes within the time-out: it shall not hold a long answer by taking one byte now
/// and then. 205 bytes a second, which is less than any network that carries a web page.
const MIN_PROGRESS: usize = 4096;

pub struct ClientStream {
    stream: TcpStream,
    permit: ConnectionPermit,
    activity: Activity,
    stall: Option<Stall>,
}

/// A time in which the peer takes less than was to be written.
struct Stall {
    timeout: Pin<Box<Sleep>>,
    /// Bytes taken since it began.
    written: usize,
}

impl ClientStream {
    pub(super) fn new(stream: TcpStream, permit: ConnectionPermit, activity: Activity) -> Self {
        Self {
            stream,
            permit,
            activity,
            stall: None,
        }
    }

    /// The stream, and its permit, which is to be kept as long.
    pub fn into_parts(self) -> (TcpStream, ConnectionPermit) {
        (self.stream, self.permit)
    }

    /// Passes the result of a write on, or the error of a peer that takes too little.
    fn watch(
        &mut self,
        written: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match (written, &mut self.stall) {
            (Poll::Ready(Ok(count)), Some(stall)) => {
                stall.written += count;
                if stall.written >= MIN_PROGRESS {
                    self.stall = None;
                }
                Poll::Ready(Ok(count))
            }
            (ready @ Poll::Ready(_), _) => ready,
            (Poll::Pending, stall) => {
                let stall = stall.get_or_insert_with(|| Stall {
                    timeout: Box::pin(tokio::time::sleep(WRITE_TIMEOUT)),
                    written: 0,
                });
                if stall.timeout.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                counter!("parlance_connections_timed_out_total", "reason" => "write").increment(1);
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.on_bytes();
        }
        read
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
