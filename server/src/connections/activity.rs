//! `Activity`: what a connection is waiting for, and since when.

use crate::Config;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a connection without a request may stay while connections are scarce.
const SCARCE_IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// HTTP/2: how long a peer may let all of its answers wait, by a window that it does not open; then the
/// connection ends. Its bytes wait in this process and not in the socket, where `ClientStream` would
/// notice. Longer than any answer takes to begin.
const ANSWER_STALL_TIMEOUT: Duration = Duration::from_mins(2);

/// Clones share the state of one connection.
#[derive(Clone)]
pub struct Activity(Arc<Mutex<State>>);

struct State {
    /// Requests whose answer has not been passed on to its end.
    in_flight: usize,
    /// When the last answer ended, or the connection began.
    idle_since: Instant,
    /// Of the head of a request: when its first byte came. `None` between requests.
    head_since: Option<Instant>,
    /// A connection of HTTP/2, whose peer sends bytes between its requests.
    is_http2: bool,
    /// When a request last began, or the peer took a part of an answer.
    progress_at: Instant,
}

/// The time-outs of a connection without a request in flight.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// From the connection, or the first byte of a later request, to the end of the request's head.
    pub head: Duration,
    /// From the end of an answer to the first byte of the next request.
    pub idle: Duration,
    /// Without progress of any answer of a connection of HTTP/2.
    pub answer_stall: Duration,
}

impl Timeouts {
    pub fn new(config: &Config) -> Self {
        let answer = Duration::from_secs(config.request_timeout);
        Self {
            head: Duration::from_secs(config.head_timeout),
            idle: Duration::from_secs(config.idle_timeout),
            answer_stall: ANSWER_STALL_TIMEOUT.max(answer * 2),
        }
    }

    /// Between two looks at the connection.
    pub fn interval(self) -> Duration {
        let shortest = self.head.min(self.idle).min(SCARCE_IDLE_TIMEOUT);
        (shortest / 3).max(Duration::from_millis(50))
    }
}

/// A request in flight, until it is dropped.
pub struct InFlight(Activity);

impl Activity {
    pub fn new() -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(State {
            in_flight: 0,
            idle_since: now,
            // A client connects in order to ask for something.
            head_since: Some(now),
            is_http2: false,
            progress_at: now,
        })))
    }

    pub fn on_bytes(&self) {
        let mut state = self.lock();
        if state.in_flight == 0 && state.head_since.is_none() && !state.is_http2 {
            state.head_since = Some(Instant::now());
        }
    }

    pub fn begin_request(&self, is_http2: bool) -> InFlight {
        let mut state = self.lock();
        state.in_flight += 1;
        state.head_since = None;
        state.is_http2 |= is_http2;
        state.progress_at = Instant::now();
        InFlight(self.clone())
    }

    /// Why the connection is to be closed: it waits for too long. The label of the metric.
    pub fn expired(&self, timeouts: Timeouts, is_scarce: bool) -> Option<&'static str> {
        let state = self.lock();
        if state.in_flight > 0 {
            let is_stalled = state.is_http2 && state.progress_at.elapsed() > timeouts.answer_stall;
            return is_stalled.then_some("write");
        }
        let idle = if is_scarce {
            timeouts.idle.min(SCARCE_IDLE_TIMEOUT)
        } else {
            timeouts.idle
        };
        match state.head_since {
            Some(since) if since.elapsed() > timeouts.head => Some("head"),
            None if state.idle_since.elapsed() > idle => Some("idle"),
            _ => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InFlight {
    /// Notes that the peer has room for more of the answer.
    pub fn on_progress(&self) {
        self.0.lock().progress_at = Instant::now();
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.in_flight -= 1;
        state.idle_since = Instant::now();
        state.progress_at = state.idle_since;
    }
}

#[cfg(test)]
mod tests {
    use super::{Activity, Timeouts};
    use std::{thread::sleep, time::Duration};

    const LONG: Duration = Duration::from_mins(1);
    const NONE: Duration = Duration::ZERO;

    #[test]
    fn a_connection_waits_for_a_head_or_idles_or_works() {
        let activity = Activity::new();
        let (head, idle) = (
            Timeouts {
                head: NONE,
                idle: LONG,
                answer_stall: LONG,
            },
            Timeouts {
                head: LONG,
                idle: NONE,
                answer_stall: NONE,
            },
        );
        sleep(Duration::from_millis(2));
        assert_eq!(activity.expired(head, false), Some("head"));
        assert_eq!(activity.expired(idle, false), None);
        let request = activity.begin_request(false);
        sleep(Duration::from_millis(2));
        assert_eq!(activity.expired(head, true), None);
        assert_eq!(activity.expired(idle, true), None);
        drop(request);
        sleep(Duration::from_millis(2));
        assert_eq!(activity.expired(head, false), None);
        assert_eq!(activity.expired(idle, false), Some("idle"));
        activity.on_bytes();
        sleep(Duration::from_millis(2));
        assert_eq!(activity.expired(head, false), Some("head"));
    }

    #[test]
    fn a_peer_of_http2_takes_its_answers_or_goes() {
        let timeouts = |answer_stall| Timeouts {
            head: LONG,
            idle: LONG,
            answer_stall,
        };
        let activity = Activity::new();
        let request = activity.begin_request(true);
        let begun = Duration::from_millis(200);
        sleep(begun);
        assert_eq!(activity.expired(timeouts(begun), false), Some("write"));
        request.on_progress();
        assert_eq!(activity.expired(timeouts(begun), false), None);
        drop(request);
        assert_eq!(activity.expired(timeouts(NONE), false), None);
    }
}
