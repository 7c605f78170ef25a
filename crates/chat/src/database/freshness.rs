//! Which connections of the pool are thrown away: those that were made before a failure that says
//! that the server behind them is not the same any more, as after a failover.
//!
//! The state belongs to the process, because `From<sqlx::Error>` sees every failure and no pool. A
//! second pool in the process makes its connections anew, too, and loses nothing else.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Between two times at which connections are thrown away. A server that fails every statement
/// costs a new connection for each of the pool's a second, and not one for each statement.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

static SPOILT_AT: Mutex<Option<Instant>> = Mutex::new(None);

/// Throws away all connections that exist now, when they are next taken from the pool.
pub fn discard_connections() {
    let mut spoilt_at = SPOILT_AT.lock().unwrap_or_else(PoisonError::into_inner);
    if spoilt_at.is_none_or(|at| at.elapsed() > MIN_INTERVAL) {
        *spoilt_at = Some(Instant::now());
    }
}

/// Whether a connection of this age was made since.
pub fn is_fresh(age: Duration) -> bool {
    let spoilt_at = *SPOILT_AT.lock().unwrap_or_else(PoisonError::into_inner);
    spoilt_at.is_none_or(|at| age < at.elapsed())
}
