//! The supervisor: starts a postmaster that has ended, and keeps its log short.

use std::sync::Weak;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::sleep;
use tracing::{debug, error, info, warn};

use crate::running::Running;

/// Between two looks whether the postmaster runs.
const WATCH_INTERVAL: Duration = Duration::from_millis(250);
/// Before the first start of a postmaster that has ended. Each further one waits twice as long, up to
/// `MAX_DELAY`.
const MIN_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(30);
/// A postmaster that has run for this long ended for a new reason: the delays begin anew.
const STEADY_AFTER: Duration = Duration::from_mins(1);

/// Runs until the cluster is dropped, or the task is aborted.
pub async fn supervise(running: Weak<Mutex<Running>>) {
    let mut delay = MIN_DELAY;
    let mut started_at = Instant::now();
    loop {
        sleep(WATCH_INTERVAL).await;
        if !has_ended(&running).await {
            if started_at.elapsed() > STEADY_AFTER {
                delay = MIN_DELAY;
            }
            continue;
        }
        warn!(
            ?delay,
            "the private Postgres has ended: it is started again"
        );
        sleep(delay).await;
        delay = (delay * 2).min(MAX_DELAY);
        let Some(running) = running.upgrade() else {
            return;
        };
        match running.lock().await.start().await {
            Ok(()) => info!("the private Postgres runs again"),
            Err(error) => error!(%error, "the private Postgres does not start; trying again"),
        }
        started_at = Instant::now();
    }
}

/// `true` also once the cluster is dropped, which the caller notices next.
async fn has_ended(running: &Weak<Mutex<Running>>) -> bool {
    let Some(running) = running.upgrade() else {
        return true;
    };
    let mut running = running.lock().await;
    if let Err(error) = running.cluster.log_mut().rotate() {
        debug!(%error, "the log of the private Postgres was not shortened");
    }
    !running.is_alive()
}
