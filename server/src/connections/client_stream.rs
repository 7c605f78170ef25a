//! `ClientStream`: the TCP stream of a client, which notes what comes and gives up on a peer that takes
//! nothing.

use super::{activity::Activity, limits::ConnectionPermit};
use bytes::BufMut;
use metrics::counter;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
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

/// Bytes of one read, at most. Less than hyper's first buffer, 8 KiB, which it doubles whenever a read fills it:
/// a client that sends much would have 32 KiB, and as much again in what waits to be taken from its body.
const MAX_READ: usize = 8 * 1024 - 1;

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
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = ready!(poll_read_part(&self.stream, cx, buffer))?;
        if count > 0 {
            self.activity.on_bytes();
        }
        Poll::Ready(Ok(()))
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

/// Reads `MAX_READ` bytes at most, and touches no more of the buffer: `ReadBuf::take` would have to fill it with
/// zeros. Returns how many there were.
fn poll_read_part(
    stream: &TcpStream,
    cx: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_read_ready(cx))?;
        match stream.try_read_buf(&mut (&mut *buffer).limit(MAX_READ)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return Poll::Ready(read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_READ, poll_read_part};
    use std::future::poll_fn;
    use tokio::{
        io::{AsyncWriteExt, ReadBuf},
        net::{TcpListener, TcpStream},
    };

    /// hyper doubles its buffer when a read has filled it, which is 8 KiB at first.
    #[tokio::test]
    async fn a_read_never_fills_the_first_buffer_of_hyper() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (mut client, stream) = (client.unwrap(), accepted.unwrap().0);
        let sent: Vec<u8> = (0..=255).cycle().take(3 * MAX_READ + 7).collect();
        client.write_all(&sent).await.unwrap();
        client.shutdown().await.unwrap();
        let mut received = Vec::new();
        let mut bytes = vec![0; 32 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = poll_fn(|cx| poll_read_part(&stream, cx, &mut buffer)).await;
            let count = read.unwrap();
            assert!(count < 8 * 1024, "{count}");
            assert_eq!(count, buffer.filled().len());
            received.extend_from_slice(buffer.filled());
            if count == 0 {
                break;
            }
        }
        assert_eq!(received, sent);
    }
}
