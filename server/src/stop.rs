//! The end of the process: asked for by the first signal, bounded in time, and forced by the second.

use std::{
    io,
    process::exit,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// The exit code of a process that a signal has ended is this and the number of the signal (POSIX
/// shells).
const SIGNALLED: i32 = 128;

/// Cheap to clone; all clones are of the same process.
#[derive(Clone)]
pub struct Stop {
    requested: CancellationToken,
    limit: Duration,
    /// When the process ends at the latest. Set by the first signal.
    deadline: Arc<OnceLock<Instant>>,
    before_exit: Arc<Mutex<Option<LastAct>>>,
}

type LastAct = Box<dyn Fn() + Send>;

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Listens for SIGINT and SIGTERM. `limit` after the first one the process ends, whatever it does;
    /// at the second one it ends at once.
    pub fn listen(limit: Duration) -> io::Result<Self> {
        let signals = Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        };
        let stop = Self {
            requested: CancellationToken::new(),
            limit,
            deadline: Arc::default(),
            before_exit: Arc::default(),
        };
        tokio::spawn(stop.clone().watch(signals));
        Ok(stop)
    }

    /// Ends with the first signal.
    pub async fn requested(&self) {
        self.requested.cancelled().await;
    }

    /// What is left of the time for stopping: all of it before the first signal.
    pub fn remaining(&self) -> Duration {
        match self.deadline.get() {
            Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            None => self.limit,
        }
    }

    /// Sets what a process does that is ended before it has stopped.
    pub fn before_exit(&self, act: impl Fn() + Send + 'static) {
        *self.last_act() = Some(Box::new(act));
    }

    async fn watch(self, mut signals: Signals) {
        signals.next().await;
        tracing::info!("stopping");
        let _ = self.deadline.set(Instant::now() + self.limit);
        self.requested.cancel();
        let code = tokio::select! {
            number = signals.next() => {
                tracing::warn!("stopping at once");
                SIGNALLED + number
            }
            () = sleep(self.limit) => {
                tracing::warn!("gave up on what did not stop in time");
                0
            }
        };
        if let Some(act) = &*self.last_act() {
            act();
        }
        exit(code);
    }

    fn last_act(&self) -> std::sync::MutexGuard<'_, Option<LastAct>> {
        self.before_exit
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signals {
    /// The number of the next signal.
    async fn next(&mut self) -> i32 {
        let kind = tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
        };
        kind.as_raw_value()
    }
}
