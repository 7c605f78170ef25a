//! A Postgres of our own below `DATA_DIR`, for whoever has not set `DATABASE_URL`.

mod binaries;
mod cluster;
mod error;
mod home;
mod owner;

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Connection};
use tracing::{info, warn};

use binaries::Binaries;
use cluster::Cluster;
pub use error::EmbeddedError;
use home::Home;
use owner::Owner;

const START_TIMEOUT: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);

/// A running private cluster. [`stop`](Self::stop) it at the end; one that is only dropped is asked
/// to stop too, but nobody waits for it.
#[derive(Debug)]
pub struct Postgres {
    cluster: Cluster,
    /// The postmaster, unless a server that was killed had started it.
    child: Option<Child>,
    running: bool,
}

impl Postgres {
    /// Starts the cluster below `data_dir/postgres`, and makes it the first time. One that a killed
    /// server has left running is taken over.
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let home = Home::open(data_dir)?;
        let binaries = Binaries::find(&home).await?;
        let mut postgres = Self {
            cluster: Cluster::open(home, binaries)?,
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

    pub fn url(&self) -> String {
        self.cluster.url()
    }

    /// Ends every connection, writes a checkpoint and waits until Postgres is gone.
    pub async fn stop(mut self) -> Result<(), EmbeddedError> {
        self.running = false;
        let stopped = tokio::task::spawn_blocking(move || {
            self.cluster.stop(&["--wait", "--timeout=60"])?;
            if let Some(mut child) = self.child.take() {
                // Gone, but in the process table until its parent has looked.
                let _ = child.wait();
            }
            Ok(())
        });
        match stopped.await {
            Ok(stopped) => stopped,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// Starts it, or starts it again, or waits for the one that runs already: until it answers.
    async fn run(&mut self) -> Result<(), EmbeddedError> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            match self.prepare().await {
                Ok(()) => return Ok(()),
                Err(sqlx::Error::Database(error)) if !is_passing(error.code().as_deref()) => {
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
                if !self.waits_for_another() {
                    return Err(self.cluster.not_started());
                }
                tokio::time::sleep(POLL * 5).await;
            }
            if self.child.is_none() {
                self.child = Some(self.cluster.spawn()?);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Whether the start failed because an earlier postmaster, or a backend of one that was killed,
    /// is still there.
    fn waits_for_another(&self) -> bool {
        let log = self.cluster.log_end();
        log.contains("lock file") || log.contains("pre-existing shared memory block")
    }

    /// Fails until the cluster answers; the first time, it is also given its database.
    async fn prepare(&self) -> Result<(), sqlx::Error> {
        let options = self.cluster.options().database("postgres");
        let mut connection = options.connect().await?;
        let there: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(cluster::NAME)
                .fetch_one(&mut connection)
                .await?;
        if !there {
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

/// "Starting up" and "shutting down" pass; what else Postgres says does not.
fn is_passing(code: Option<&str>) -> bool {
    matches!(code, Some("57P03" | "57P01"))
}
