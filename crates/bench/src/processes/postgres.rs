//! Private Postgres cluster, with its data on disk and every commit synced.

use super::{
    error::ProcessError,
    folder::Folder,
    ports::free_port,
    process::{Process, log_tail, send_signal},
    service::wait_until,
};
use crate::process_stats::children;
use rustix::process::Signal;
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use std::{
    env, fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::time::sleep;

const START_TIMEOUT: Duration = Duration::from_mins(1);
const RETRY_DELAY: Duration = Duration::from_millis(40);

pub struct Postgres {
    programs: PathBuf,
    cluster: PathBuf,
    log: PathBuf,
    port: u16,
    owner: Option<(u32, u32)>,
    environment: Vec<(String, String)>,
    process: Option<Process>,
}

impl Postgres {
    /// Creates a cluster with an empty, migrated database. `settings` are lines of postgresql.conf;
    /// without them fsync and synchronous commits are on.
    pub async fn start(folder: &Folder, settings: &str) -> Result<Self, ProcessError> {
        Self::start_with(folder, settings, &[]).await
    }

    /// Creates a cluster whose processes get additional environment variables.
    pub async fn start_with(
        folder: &Folder,
        settings: &str,
        environment: &[(String, String)],
    ) -> Result<Self, ProcessError> {
        let cluster = folder.inner("postgres")?;
        let owner = owner()?;
        if let Some((uid, gid)) = owner {
            chown(&cluster, Some(uid), Some(gid))?;
        }
        let mut postgres = Self {
            programs: programs().ok_or(ProcessError::NoPostgres)?,
            log: folder.path().join("postgres.log"),
            cluster,
            port: free_port(),
            owner,
            environment: environment.to_vec(),
            process: None,
        };
        postgres.initialize(settings)?;
        postgres.launch()?;
        postgres.wait().await?;
        postgres.create_database().await?;
        Ok(postgres)
    }

    fn initialize(&self, settings: &str) -> Result<(), ProcessError> {
        let mut initdb = self.command("initdb");
        initdb.arg("--pgdata").arg(&self.cluster);
        initdb.args(["--username=parlance", "--auth=trust"]);
        initdb.args(["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        let output = initdb.stdin(Stdio::null()).output();
        let output = output.map_err(|cause| ProcessError::Start {
            program: "initdb".to_owned(),
            cause,
        })?;
        if !output.status.success() {
            return Err(ProcessError::Failed {
                program: "initdb".to_owned(),
                log: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
        let lines = format!(
            "\nport = {}\nunix_socket_directories = '{}'\nmax_connections = 300\n{settings}\n",
            self.port,
            self.cluster.display()
        );
        self.append_to("postgresql.conf", &lines)?;
        // Postgres listens on this machine only, unless the settings say otherwise.
        self.append_to("pg_hba.conf", "host all all samenet trust\n")
    }

    fn append_to(&self, file: &str, lines: &str) -> Result<(), ProcessError> {
        let path = self.cluster.join(file);
        let given = fs::read_to_string(&path)?;
        fs::write(path, given + lines)?;
        Ok(())
    }

    /// Starts it without waiting.
    pub fn launch(&mut self) -> Result<(), ProcessError> {
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.cluster);
        let environment = self.environment.iter();
        command.envs(environment.map(|(name, value)| (name, value)));
        self.process = Some(Process::start(&mut command, &self.log)?);
        Ok(())
    }

    /// Waits until it accepts connections, one minute at most.
    pub async fn wait(&mut self) -> Result<(), ProcessError> {
        let url = self.url_of("postgres");
        let ready = wait_until(START_TIMEOUT, async || {
            let connected = PgConnection::connect(&url).await.is_ok();
            if !connected {
                // Each attempt costs a process of Postgres and a line in its log.
                sleep(RETRY_DELAY).await;
            }
            connected
        })
        .await;
        ready.then_some(()).ok_or_else(|| ProcessError::NotReady {
            name: "postgres".to_owned(),
            seconds: START_TIMEOUT.as_secs(),
            log: log_tail(&self.log),
        })
    }

    /// Kills all processes at once, with nothing flushed: the memory of Postgres is lost. Writes
    /// that the kernel has taken survive, so this is not a power failure.
    pub fn kill(&mut self) {
        let Some(mut postmaster) = self.process.take() else {
            return;
        };
        // A stopped postmaster starts no other child, and does not see the first one die.
        postmaster.signal(Signal::STOP);
        for pid in children(postmaster.pid()) {
            send_signal(pid, Signal::KILL);
        }
        postmaster.kill();
    }

    /// Database URL over the Unix socket.
    pub fn url(&self) -> String {
        self.url_of("parlance")
    }

    /// Database URL over TCP.
    pub fn url_at(&self, ip: std::net::IpAddr) -> String {
        let port = self.port;
        format!("postgres://parlance@{ip}:{port}/parlance?sslmode=disable")
    }

    /// Pool of four connections for seeding and checking.
    pub async fn pool(&self) -> Result<PgPool, ProcessError> {
        let options = PgPoolOptions::new().max_connections(4);
        Ok(options.connect(&self.url()).await?)
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Folder of the Postgres programs: `pgbench`, `psql`.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Folder of the Unix socket, and the port, as in `pgbench -h … -p …`.
    pub fn socket(&self) -> (&Path, u16) {
        (&self.cluster, self.port)
    }

    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    async fn create_database(&self) -> Result<(), ProcessError> {
        let pool = PgPool::connect(&self.url_of("postgres")).await?;
        sqlx::raw_sql("create database parlance")
            .execute(&pool)
            .await?;
        pool.close().await;
        let pool = self.pool().await?;
        chat::database::migrate(&pool).await?;
        pool.close().await;
        Ok(())
    }

    fn url_of(&self, database: &str) -> String {
        let (folder, port) = (self.cluster.display(), self.port);
        format!("postgres://parlance@localhost:{port}/{database}?host={folder}")
    }

    /// Runs a program as the owner of the cluster: Postgres refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        if let Some((uid, gid)) = self.owner {
            command.uid(uid).gid(gid);
        }
        command.current_dir("/");
        command
    }
}

impl Drop for Postgres {
    /// Stops Postgres with SIGQUIT first: killed, it would leave its shared memory behind.
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            process.signal(Signal::QUIT);
            process.end_within(Duration::from_secs(10));
        }
        self.kill();
    }
}

/// Uid and gid that run Postgres; `None` when this process is not root.
fn owner() -> Result<Option<(u32, u32)>, ProcessError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd")?;
    let number = |name: &str| {
        let line = passwd
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Ok(number("postgres").or_else(|| number("nobody")))
}

/// Folder of the Postgres programs on PATH, else of Debian's newest version.
fn programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).find_map(|folder| {
        let program = fs::canonicalize(folder.join("initdb")).ok()?;
        Some(program.parent()?.to_owned())
    });
    let debian = || {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let numbered = versions.filter_map(|version| {
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            let folder = version.path().join("bin");
            folder.join("initdb").is_file().then_some((number, folder))
        });
        Some(numbered.max()?.1)
    };
    on_path.or_else(debian)
}
