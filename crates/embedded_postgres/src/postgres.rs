//! The private Postgres as its user sees it: started, kept running, and stopped.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Signal, kill_process};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tracing::info;

use crate::binaries::Binaries;
use crate::cluster::Cluster;
use crate::data_dir::DataDir;
use crate::error::EmbeddedError;
use crate::lock_files;
use crate::running::Running;
use crate::supervisor::supervise;

/// How long [`Postgres::stop`] waits for the end.
const STOP_TIMEOUT: Duration = Duration::from_mins(1);

/// A running private cluster. A postmaster that ends is started again. [`stop`](Self::stop) waits for
/// its end. Dropping it asks Postgres to stop, and does not wait.
#[derive(Debug)]
pub struct Postgres {
    url: String,
    folder: PathBuf,
    running: Arc<Mutex<Running>>,
    supervisor: JoinHandle<()>,
}

/// The URL of the database of a private Postgres that another process runs; `None` if it does not run.
pub fn running_url(data_dir: &Path) -> Option<String> {
    let folder = data_dir.join("postgres").canonicalize().ok()?;
    let cluster = folder.join("cluster");
    lock_files::postmaster(&cluster)?;
    Some(Cluster::url_of_other(&cluster))
}

/// A way to end a private Postgres from elsewhere, in a hurry.
#[derive(Debug, Clone)]
pub struct Postmaster {
    folder: PathBuf,
}

impl Postgres {
    /// Starts the cluster in `data_dir/postgres`, after making it the first time, and waits up to a minute
    /// until it accepts connections. A postmaster that a killed server has left running is taken over.
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let data_dir = DataDir::open(data_dir)?;
        let binaries = Binaries::find(&data_dir).await?;
        let cluster = Cluster::open(data_dir, binaries).await?;
        let folder = cluster.folder().to_owned();
        let version = cluster.major();
        let url = cluster.url();
        let mut running = Running::new(cluster);
        if let Err(error) = running.start().await {
            // It may run, although it cannot be used.
            running.stop(STOP_TIMEOUT).await;
            return Err(error);
        }
        info!(folder = %folder.display(), version, "the private Postgres runs");
        let running = Arc::new(Mutex::new(running));
        Ok(Self {
            url,
            folder,
            supervisor: tokio::spawn(supervise(Arc::downgrade(&running))),
            running,
        })
    }

    /// The URL of the database, over the Unix socket.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// For a program that must end before [`stop`](Self::stop) has.
    pub fn postmaster(&self) -> Postmaster {
        Postmaster {
            folder: self.folder.clone(),
        }
    }

    /// Ends every connection, writes a checkpoint and waits until Postgres has exited, for a minute at
    /// most.
    pub async fn stop(self) {
        self.stop_within(STOP_TIMEOUT).await;
    }

    /// The same within another time: a Postgres that needs longer is stopped without a checkpoint in the
    /// last second of it, and recovers at its next start.
    pub async fn stop_within(mut self, timeout: Duration) {
        self.supervisor.abort();
        // It may be in the middle of a start.
        let _ = (&mut self.supervisor).await;
        self.running.lock().await.stop(timeout).await;
    }
}

impl Postmaster {
    /// Makes Postgres end all its processes at once, without a checkpoint, and does not wait. It
    /// recovers at its next start; nothing that was committed is lost.
    pub fn stop_immediately(&self) {
        if let Some(pid) = lock_files::postmaster(&self.folder) {
            let _ = kill_process(pid, Signal::QUIT);
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The cluster is dropped with it, which asks Postgres to stop.
        self.supervisor.abort();
    }
}
