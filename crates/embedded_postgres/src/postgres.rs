//! The running private Postgres: start, take-over of one that is still running, and stop.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Connection};
use tracing::{info, warn};

use crate::binaries::Binaries;
use crate::cluster::{Cluster, NAME};
use crate::data_dir::DataDir;
use crate::error::EmbeddedError;

/// A start that takes longer fails with the end of Postgres' log.
const START_TIMEOUT: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Before another start while an earlier postmaster is still there.
const RETRY_DELAY: Duration = Duration::from_millis(250);

/// A running private cluster. [`stop`](Self::stop) waits for its end. Dropping it asks Postgres to stop,
/// and does not wait.
#[derive(Debug)]
pub struct Postgres {
    cluster: Cluster,
    /// The postmaster; `None` if another process has started it.
    child: Option<Child>,
    running: bool,
}

impl Postgres {
    /// Starts the cluster in `data_dir/postgres`, after making it the first time, and waits up to a minute
    /// until it accepts connections. A postmaster that a killed server has left running is taken over.
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let data_dir = DataDir::open(data_dir)?;
        let binaries = Binaries::find(&data_dir).await?;
        let mut postgres = Self {
            cluster: Cluster::open(data_dir, binaries)?,
            child: None,
            running: true,
        };
        postgres.run().await?;
        info!(
            folder = %postgres.cluster.folder().display(),
            version = postgres.cluster.major(),
            "the private Postgres runs"
        );
        Ok(postgres)
    }

    /// The URL of the database, over the Unix socket.
    pub fn url(&self) -> String {
        self.cluster.url()
    }

    /// Ends every connection, writes a checkpoint and waits until Postgres has exited, for a minute at
    /// most.
    pub async fn stop(mut self) -> Result<(), EmbeddedError> {
        self.running = false;
        let stopped = tokio::task::spawn_blocking(move || {
            self.cluster.stop(&["--wait", "--timeout=60"])?;
            if let Some(mut child) = self.child.take() {
                // It has exited, and is a zombie until its parent waits for it.
                let _ = child.wait();
            }
            Ok(())
        });
        match stopped.await {
            Ok(stopped) => stopped,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// Polls until the cluster accepts connections, and starts a postmaster whenever none is known to run.
    async fn run(&mut self) -> Result<(), EmbeddedError> {
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

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.running
            && let Err(error) = self.cluster.stop(&["--no-wait"])
        {
            warn!(%error, "the private Postgres may still run");
        }
    }
}

/// Whether a later connection may succeed: `cannot_connect_now` (starting up) or `admin_shutdown`
/// (Postgres' appendix A, error codes).
fn is_transient(code: Option<&str>) -> bool {
    matches!(code, Some("57P03" | "57P01"))
}
