//! A wire: the engine's end of a line. The engine reads and writes here as on any connection, and
//! whoever reads drives what waits to be written.

use super::line::{Line, Lines};
use bytes::{Buf, Bytes};
use socket2::SockRef;
use socketioxide::socket::Sid;
use std::{
    io,
    net::Shutdown,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// How long a peer may refuse to take what is sent.
const STALL: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 20 });

pub struct Wire {
    line: Line,
    /// What had been read before the engine took over.
    early: Bytes,
    stall: Option<Stall>,
    upgraded: Option<(Sid, Lines)>,
}

struct Stall {
    /// How much the peer had taken when it began.
    taken: u64,
    over: Pin<Box<Sleep>>,
}

impl Wire {
    /// `upgraded`: the socket that leaves long polling for this connection.
    pub fn new(line: Line, early: Bytes, upgraded: Option<(Sid, Lines)>) -> Self {
        if let Some((id, lines)) = &upgraded {
            lines.upgrade(*id, &line);
        }
        Self {
            line,
            early,
            stall: None,
            upgraded,
        }
    }

    /// Writes what waits, as soon as the peer takes it; cuts the line of one that takes nothing.
    fn drive(&mut self, cx: &mut Context<'_>) {
        while let Some(taken) = self.line.taken() {
            match self.line.stream().poll_write_ready(cx) {
                Poll::Ready(Ok(())) => match self.line.resume() {
                    Ok(true) => self.line.writer().wake(),
                    Ok(false) => {}
                    Err(_) => return self.line.cut(),
                },
                Poll::Ready(Err(_)) => return self.line.cut(),
                Poll::Pending => {
                    if self.has_stalled(taken, cx) {
                        self.line.cut();
                    }
                    return;
                }
            }
        }
        self.stall = None;
    }

    fn has_stalled(&mut self, taken: u64, cx: &mut Context<'_>) -> bool {
        let stall = match &mut self.stall {
            Some(stall) if stall.taken == taken => stall,
            other => other.insert(Stall {
                taken,
                over: Box::pin(tokio::time::sleep(STALL)),
            }),
        };
        stall.over.as_mut().poll(cx).is_ready()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // Others may hold the line for a while yet.
        self.line.cut();
        if let Err(error) = SockRef::from(self.line.stream()).shutdown(Shutdown::Both) {
            tracing::trace!(%error, "a connection was closed already");
        }
        if let Some((id, lines)) = &self.upgraded {
            lines.forget(*id);
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.line.reader().register(cx.waker());
        this.drive(cx);
        if this.line.is_cut() {
            return Poll::Ready(Ok(()));
        }
        if !this.early.is_empty() {
            let count = this.early.len().min(buffer.remaining());
            buffer.put_slice(&this.early[..count]);
            this.early.advance(count);
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(this.line.stream().poll_read_ready(cx))?;
            match this.line.stream().try_read(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Wire {
    /// Takes all or nothing: the engine writes whole frames, and ours go in between.
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        frames: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.line.writer().register(cx.waker());
        if self.line.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if !self.line.pass(frames) {
            return Poll::Pending;
        }
        self.line.flush();
        Poll::Ready(Ok(frames.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.line.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.line.flush();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.writer().register(cx.waker());
        if self.line.is_cut() {
            return Poll::Ready(Ok(()));
        }
        self.line.flush();
        if !self.line.is_empty() {
            return Poll::Pending;
        }
        Poll::Ready(SockRef::from(self.line.stream()).shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use super::{STALL, Wire};
    use crate::gateway::{
        line::{Behind, Haste, Line, Lines, WRITTEN_AT_ONCE},
        unsent::Unsent,
    };
    use bytes::Bytes;
    use socketioxide::socket::Sid;
    use std::time::Duration;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    async fn pair() -> (Line, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        (Line::new(accepted.unwrap().0), client.unwrap())
    }

    fn wire(line: &Line) -> Wire {
        Wire::new(line.clone(), Bytes::new(), None)
    }

    /// As much as no buffer of the kernel holds.
    fn fill(line: &Line) -> usize {
        let frame = Bytes::from(vec![7; 512 * 1024]);
        let mut count = 0;
        while line.say(frame.clone(), Haste::Now).is_ok() {
            line.flush();
            count += frame.len();
        }
        count
    }

    #[tokio::test]
    async fn a_cut_ends_both_directions() {
        let (line, _client) = pair().await;
        let (mut reader, mut writer) = tokio::io::split(wire(&line));
        let reading = tokio::spawn(async move { reader.read(&mut [0; 8]).await });
        tokio::task::yield_now().await;
        line.cut();
        assert_eq!(reading.await.unwrap().unwrap(), 0);
        assert!(writer.write_all(b"too late").await.is_err());
    }

    #[tokio::test]
    async fn frames_come_in_the_order_in_which_they_were_said() {
        let (line, mut client) = pair().await;
        let mut wire = wire(&line);
        wire.write_all(b"one ").await.unwrap();
        assert_eq!(
            line.say(Bytes::from_static(b"two "), Haste::Now),
            Ok(Some(Haste::Now))
        );
        assert_eq!(
            line.say(Bytes::from_static(b"three "), Haste::Now),
            Ok(None)
        );
        wire.write_all(b"four").await.unwrap();
        let mut taken = [0; 18];
        client.read_exact(&mut taken).await.unwrap();
        assert_eq!(&taken, b"one two three four");
    }

    #[tokio::test]
    async fn what_can_wait_goes_with_what_cannot() {
        let (line, mut client) = pair().await;
        let _wire = wire(&line);
        let say = |what, haste| line.say(Bytes::from_static(what), haste);
        assert_eq!(say(b"one ", Haste::Soon), Ok(Some(Haste::Soon)));
        assert_eq!(say(b"two ", Haste::Soon), Ok(None));
        assert_eq!(say(b"three ", Haste::Now), Ok(Some(Haste::Now)));
        assert_eq!(say(b"four", Haste::Now), Ok(None));
        line.flush();
        let mut taken = [0; 18];
        client.read_exact(&mut taken).await.unwrap();
        assert_eq!(&taken, b"one two three four");
        // Whoever was to send the first of them has nothing to do any more.
        assert_eq!(say(b"five", Haste::Soon), Ok(Some(Haste::Soon)));
        for _ in 2..WRITTEN_AT_ONCE {
            assert_eq!(say(b"more", Haste::Soon), Ok(None));
        }
        assert_eq!(say(b"much", Haste::Soon), Ok(Some(Haste::Now)));
    }

    #[tokio::test]
    async fn what_waits_is_sent_after_a_moment_and_what_is_urgent_before() {
        let (unsent, mut pairs) = (Unsent::default(), Vec::new());
        let _writers = unsent.write();
        for _ in 0..100 {
            pairs.push(pair().await);
        }
        let tell = |what, haste: Haste| {
            let said = pairs.iter().map(|(line, _)| {
                let due = line.say(Bytes::from_static(what), haste).unwrap();
                due.map(|haste| (line.clone(), haste))
            });
            unsent.send(&mut said.flatten().collect());
        };
        tell(b"soon ", Haste::Soon);
        tell(b"now ", Haste::Now);
        unsent.done().await;
        tell(b"later", Haste::Soon);
        for (_, client) in &mut pairs {
            let mut taken = [0; 14];
            client.read_exact(&mut taken).await.unwrap();
            assert_eq!(&taken, b"soon now later");
        }
    }

    #[tokio::test]
    async fn what_waits_is_bounded_and_written_when_the_peer_reads() {
        let (line, mut client) = pair().await;
        let mut wire = wire(&line);
        let said = fill(&line);
        assert!(line.is_blocked());
        assert_eq!(
            line.say(Bytes::from_static(b"more"), Haste::Now),
            Err(Behind)
        );
        let reading = tokio::spawn(async move { wire.read(&mut [0; 8]).await });
        let mut taken = vec![0; said];
        client.read_exact(&mut taken).await.unwrap();
        assert!(taken.iter().all(|byte| *byte == 7));
        assert!(!line.is_blocked());
        drop(client);
        assert_eq!(reading.await.unwrap().unwrap(), 0);
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_cut() {
        let (line, _client) = pair().await;
        let mut wire = wire(&line);
        fill(&line);
        let start = tokio::time::Instant::now();
        assert_eq!(wire.read(&mut [0; 8]).await.unwrap(), 0);
        assert!(start.elapsed() >= STALL);
    }

    #[tokio::test]
    async fn what_was_read_early_is_not_lost() {
        let (line, mut client) = pair().await;
        let mut wire = Wire::new(line, Bytes::from_static(b"early "), None);
        client.write_all(b"late").await.unwrap();
        let mut taken = [0; 10];
        wire.read_exact(&mut taken).await.unwrap();
        assert_eq!(&taken, b"early late");
    }

    #[tokio::test]
    async fn an_upgraded_line_is_known_while_it_lives() {
        let (line, _client) = pair().await;
        let (lines, id) = (Lines::default(), Sid::new());
        let mut wire = Wire::new(line, Bytes::new(), Some((id, lines.clone())));
        assert!(!lines.is_dead(id));
        lines.cut(id);
        assert!(lines.is_dead(id));
        assert!(wire.write_all(b"x").await.is_err());
    }

    #[tokio::test]
    async fn a_greeting_is_waited_for() {
        let (line, _client) = pair().await;
        let hears = line.clone();
        let waiting = tokio::spawn(async move { hears.greeted("/chat").await });
        let mut wire = wire(&line);
        wire.write_all(b"\x81\x0740{\"a\"}").await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!waiting.is_finished());
        wire.write_all(b"\x81\x0b40/chat,{}x").await.unwrap();
        waiting.await.unwrap();
    }
}
