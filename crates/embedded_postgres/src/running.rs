//! A postmaster with its cluster: start, take-over of one that is still running, and stop.

use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{ConnectOptions, Connection};
use tracing::warn;

use crate::cluster::{Cluster, NAME};
use crate::error::EmbeddedError;
use crate::lock_files;

/// A start that takes longer fails with the end of Postgres' log.
const START_TIMEOUT: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Before another start while an earlier postmaster is still there.
const RETRY_DELAY: Duration = Duration::from_millis(250);
/// For a postmaster that was asked to stop at once, before it is killed.
const IMMEDIATE_TIMEOUT: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub struct Running {
    pub cluster: Cluster,
    /// The postmaster; `None` if another process has started it.
    child: Option<Child>,
}

impl Running {
    pub fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            child: None,
        }
    }

    /// Polls until the cluster accepts connections, and starts a postmaster whenever none is known to run.
    pub async fn start(&mut self) -> Result<(), EmbeddedError> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            match self.prepare().await {
                Ok(()) => return Ok(()),
                Err(sqlx::Error::Database(error)) if !is_transient(error.code().as_deref()) => {
                    return Err(sqlx::Error::Database(error).into());
                }
                Err(_) if Instant::now() > deadline => return Err(self.cluster.not_started()),
                Err(_) => {}
            }
            let exited = match &mut self.child {
                None => false,
                Some(child) => !matches!(child.try_wait(), Ok(None)),
            };
            if exited {
                self.child = None;
                if !self.is_locked_out() {
                    return Err(self.cluster.not_started());
                }
                tokio::time::sleep(RETRY_DELAY).await;
            }
            if self.child.is_none() {
                self.child = Some(self.cluster.spawn()?);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Whether the postmaster runs. One that has exited is waited for, so that no zombie is left.
    pub fn is_alive(&mut self) -> bool {
        if let Some(child) = &mut self.child
            && !matches!(child.try_wait(), Ok(None))
        {
            self.child = None;
        }
        self.child.is_some() || lock_files::postmaster(self.cluster.folder()).is_some()
    }

    /// Ends every connection and writes a checkpoint (Postgres' fast shutdown), and waits for the end.
    /// What has not ended in time stops without a checkpoint (immediate shutdown), and recovers at its
    /// next start; at last it is killed.
    pub async fn stop(&mut self, within: Duration) {
        let fast = within.saturating_sub(IMMEDIATE_TIMEOUT * 2);
        for (signal, timeout) in [
            (Signal::INT, fast),
            (Signal::QUIT, IMMEDIATE_TIMEOUT),
            (Signal::KILL, IMMEDIATE_TIMEOUT),
        ] {
            let Some(pid) = self.postmaster() else {
                break;
            };
            if signal != Signal::INT {
                warn!(
                    "the private Postgres does not stop in time: it will recover at its next start"
                );
            }
            let _ = kill_process(pid, signal);
            if self.has_ended(timeout).await {
                break;
            }
        }
        self.cluster.remove_socket_folder();
    }

    fn postmaster(&mut self) -> Option<Pid> {
        if !self.is_alive() {
            return None;
        }
        match &self.child {
            Some(child) => i32::try_from(child.id()).ok().and_then(Pid::from_raw),
            None => lock_files::postmaster(self.cluster.folder()),
        }
    }

    async fn has_ended(&mut self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        while self.is_alive() {
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        true
    }

    /// Whether the start failed because an earlier postmaster, or a backend of one that was killed, is
    /// still there.
    fn is_locked_out(&self) -> bool {
        let log = self.cluster.log().tail();
        log.contains("lock file") || log.contains("pre-existing shared memory block")
    }

    /// Fails until the cluster accepts connections. Creates the database if there is none.
    async fn prepare(&self) -> Result<(), sqlx::Error> {
        let options = self.cluster.options().database("postgres");
        let mut connection = options.connect().await?;
        let exists: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(NAME)
                .fetch_one(&mut connection)
                .await?;
        if !exists {
            sqlx::query("CREATE DATABASE parlance")
                .execute(&mut connection)
                .await?;
        }
        connection.close().await
    }
}

impl Drop for Running {
    /// Asks a postmaster that still runs to stop, and does not wait.
    fn drop(&mut self) {
        if let Some(pid) = self.postmaster() {
            let _ = kill_process(pid, Signal::INT);
        }
    }
}

/// Whether a later connection may succeed: `cannot_connect_now` (starting up) or `admin_shutdown`
/// (Postgres' appendix A, error codes).
fn is_transient(code: Option<&str>) -> bool {
    matches!(code, Some("57P03" | "57P01"))
}
