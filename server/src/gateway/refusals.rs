//! The refused events of a socket: after many of them, the next event waits. Each of the verbs has limits, but to be
//! refused by one as fast as the client sends takes the server's time from the others.

use super::limits::READ_PAUSE;
use crate::rate_limit::refusal_limiter;
use governor::DefaultDirectRateLimiter;
use std::pin::Pin;
use tokio::time::{Sleep, sleep};

pub struct Refusals {
    is_limited: bool,
    /// From the first refusal on; most sockets have none.
    limiter: Option<Box<DefaultDirectRateLimiter>>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Refusals {
    /// Nothing waits unless `is_limited`.
    pub const fn new(is_limited: bool) -> Self {
        Self {
            is_limited,
            limiter: None,
            pause: None,
        }
    }

    /// Counts an event if it was refused, and begins a pause after too many.
    pub fn note(&mut self, is_refused: bool) {
        if self.is_limited && is_refused {
            let new_limiter = || Box::new(refusal_limiter());
            let limiter = self.limiter.get_or_insert_with(new_limiter);
            if limiter.check().is_err() {
                self.pause = Some(Box::pin(sleep(READ_PAUSE)));
            }
        }
    }

    pub const fn is_pausing(&self) -> bool {
        self.pause.is_some()
    }

    /// Waits for the end of the pause, if there is one.
    pub async fn pause_ended(&mut self) {
        if let Some(pause) = &mut self.pause {
            pause.await;
        }
        self.pause = None;
    }

    /// Lets nothing wait any more.
    pub fn end(&mut self) {
        *self = Self::new(false);
    }
}
