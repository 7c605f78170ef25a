//! `Activity`: what a connection is waiting for, and since when.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a connection without a request may stay while connections are scarce.
const SCARCE_IDLE_TIMEOUT: Duration = Duration::from_secs(5);

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
}

/// The time-outs of a connection without a request in flight.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// From the connection, or the first byte of a later request, to the end of the request's head.
    pub head: Duration,
    /// From the end of an answer to the first byte of the next request.
    pub idle: Duration,
}

impl Timeouts {
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
        InFlight(self.clone())
    }

    /// Why the connection is to be closed: it waits for too long. The label of the metric.
    pub fn expired(&self, timeouts: Timeouts, is_scarce: bool) -> Option<&'static str> {
        let state = self.lock();
        if state.in_flight > 0 {
            return None;
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

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.in_flight -= 1;
        state.idle_since = Instant::now();
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
            },
            Timeouts {
                head: LONG,
                idle: NONE,
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
}
