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
            share: budget.share(),
            arrival: Arrival(Arc::new(body.is_end_stream().into())),
            body,
        }
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
        ready!(this.share.poll_take(this.received, cx));
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
