//! `Inbound`: how much a connection may send. A stranger may send a token; a user's long messages share
//! a budget, and must end.

use super::{
    connection::Connection,
    limits::{MAX_STRANGER_BYTES, MESSAGE_TIMEOUT},
    message_meter::MessageMeter,
};
use crate::receive_budget::{FREE_BYTES, ReceiveBudget, Share};
use metrics::counter;
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio::time::Sleep;

pub struct Inbound {
    meter: MessageMeter,
    /// Bytes that came before a namespace was joined.
    of_stranger: usize,
    share: Share,
    /// Runs while a message takes a share of the budget.
    timeout: Option<Pin<Box<Sleep>>>,
}

/// The connection sends more than it may, or too slowly.
#[derive(Debug, PartialEq, Eq)]
pub struct Excess;

impl Inbound {
    pub fn new(budget: &ReceiveBudget) -> Self {
        Self {
            meter: MessageMeter::default(),
            of_stranger: 0,
            share: budget.share(),
            timeout: None,
        }
    }

    /// Waits until the message that has been announced may be read.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Excess>> {
        let unfinished = self.meter.unfinished();
        if unfinished <= FREE_BYTES {
            return Poll::Ready(Ok(()));
        }
        let timeout = self
            .timeout
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(MESSAGE_TIMEOUT)));
        if timeout.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(refused("message")));
        }
        self.share.poll_take(unfinished, cx).map(Ok)
    }

    /// Counts bytes that have come, before the engine gets them.
    pub fn count(&mut self, bytes: &[u8], connection: &Connection) -> Result<(), Excess> {
        self.meter.read(bytes);
        if self.meter.unfinished() <= FREE_BYTES {
            self.share.release();
            self.timeout = None;
        }
        if connection.is_joined() {
            return Ok(());
        }
        self.of_stranger += bytes.len();
        if self.of_stranger.saturating_add(self.meter.awaited()) > MAX_STRANGER_BYTES {
            return Err(refused("stranger"));
        }
        Ok(())
    }
}

fn refused(reason: &'static str) -> Excess {
    counter!("parlance_socket_bytes_refused_total", "reason" => reason).increment(1);
    Excess
}
