//! `Metered`: a stream of which so many bytes are read.
//!
//! What a site sends before its answer has a limit, too: a client of HTTP reads one head of `103 Early Hints` after the
//! other, and would do nothing else.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many bytes are still read. They may be more by what one read brings.
#[derive(Debug, Default)]
pub struct Allowance {
    left: AtomicUsize,
    is_spent: AtomicBool,
}

impl Allowance {
    /// From now on so many bytes are read.
    pub fn set(&self, bytes: usize) {
        self.left.store(bytes, Ordering::Relaxed);
        self.is_spent.store(false, Ordering::Relaxed);
    }

    /// Whether more were asked for.
    pub fn is_spent(&self) -> bool {
        self.is_spent.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) {
        let left = self.left.load(Ordering::Relaxed);
        self.left
            .store(left.saturating_sub(bytes), Ordering::Relaxed);
    }
}

pub struct Metered<S> {
    stream: S,
    allowance: Arc<Allowance>,
}

impl<S> Metered<S> {
    pub fn new(stream: S, allowance: Arc<Allowance>) -> Self {
        Self { stream, allowance }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    /// Pending without an end once nothing is left. Whoever reads looks at `is_spent` after each poll: the head may have
    /// come with the last bytes, and then there are more for what follows.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.allowance.left.load(Ordering::Relaxed) == 0 {
            self.allowance.is_spent.store(true, Ordering::Relaxed);
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.allowance.take(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowance, Metered};
    use futures_util::FutureExt;
    use std::sync::Arc;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn so_many_bytes_are_read() {
        let allowance = Arc::new(Allowance::default());
        allowance.set(10);
        let mut stream = Metered::new(&[7; 100][..], Arc::clone(&allowance));
        let mut bytes = [0; 5];
        for _ in 0..2 {
            assert_eq!(stream.read_exact(&mut bytes).await.unwrap(), 5);
            assert!(!allowance.is_spent());
        }
        assert!(stream.read(&mut bytes).now_or_never().is_none());
        assert!(allowance.is_spent());
        allowance.set(1);
        assert!(!allowance.is_spent());
        assert_eq!(stream.read(&mut bytes).await.unwrap(), 5);
        assert!(stream.read(&mut bytes).now_or_never().is_none());
    }
}
