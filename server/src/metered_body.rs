//! `MeteredBody`: the body of a request, within the budget of what is unfinished.

use crate::receive_budget::{ReceiveBudget, Share};
use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

/// Bytes of the body of a request whose sender is not known, such as a sign-in. Each of its fields is
/// shorter.
pub const MAX_STRANGER_BODY: usize = 16 * 1024;

pub struct MeteredBody {
    body: Body,
    received: usize,
    /// Bytes that whoever reads the body keeps; of a longer one they keep nothing.
    max_kept: usize,
    share: Share,
    arrival: Arrival,
}

/// Whether a body has arrived whole.
#[derive(Clone, Debug)]
pub struct Arrival(Arc<AtomicBool>);

impl Arrival {
    pub fn is_whole(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl MeteredBody {
    pub fn new(body: Body, budget: &ReceiveBudget) -> Self {
        Self {
            received: 0,
            max_kept: usize::MAX,
            share: budget.share(),
            arrival: Arrival(Arc::new(body.is_end_stream().into())),
            body,
        }
    }

    /// Whoever reads the body throws a longer one away, so that its rest takes nothing of the budget.
    pub fn keeping(self, max_kept: usize) -> Self {
        let is_too_long = self.body.size_hint().lower() > max_kept as u64;
        let max_kept = if is_too_long { 0 } else { max_kept };
        Self { max_kept, ..self }
    }

    pub fn arrival(&self) -> Arrival {
        self.arrival.clone()
    }
}

impl HttpBody for MeteredBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if this.received > this.max_kept {
            this.share.release();
        } else {
            ready!(this.share.poll_take(this.received, cx));
        }
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            this.received += frame.data_ref().map_or(0, Bytes::len);
        }
        if frame.is_none() || this.body.is_end_stream() {
            this.arrival.0.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::MeteredBody;
    use crate::receive_budget::ReceiveBudget;
    use axum::body::{Body, Bytes};
    use futures_util::stream;
    use http_body_util::BodyExt;
    use std::{convert::Infallible, time::Duration};

    const PART: usize = 64 * 1024;

    /// Bodies of 2 MiB, far more of them than the budget has room for.
    async fn read_some(budget: &ReceiveBudget, max_kept: usize) -> Vec<MeteredBody> {
        let mut read = Vec::new();
        for _ in 0..20 {
            static CONTENT: [u8; PART] = [b'x'; PART];
            let part = Ok::<_, Infallible>(Bytes::from_static(&CONTENT));
            let body = Body::from_stream(stream::repeat(part));
            let mut body = MeteredBody::new(body, budget).keeping(max_kept);
            for _ in 0..32 {
                body.frame().await.unwrap().unwrap();
            }
            read.push(body);
        }
        read
    }

    #[tokio::test]
    async fn what_is_thrown_away_takes_nothing_of_the_budget() {
        let budget = ReceiveBudget::default();
        let kept =
            tokio::time::timeout(Duration::from_millis(50), read_some(&budget, 4 * PART * 32));
        assert!(kept.await.is_err(), "what is kept waits for the budget");
        let _thrown_away = read_some(&budget, PART).await;
    }
}
