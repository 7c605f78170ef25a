//! The cluster on disk, and Postgres' programs that make, start and stop it.

use std::fmt::Write;
use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tracing::info;

use crate::binaries::Binaries;
use crate::data_dir::DataDir;
use crate::error::EmbeddedError;
use crate::lock_files;
use crate::server_log::ServerLog;

/// The superuser of the cluster, and the name of its database.
pub const NAME: &str = "parlance";
/// Part of the socket's file name. Nothing listens on a TCP port.
const PORT: u16 = 5432;
/// The longest path of a Unix socket in bytes: `sun_path` has 108 with the closing zero (unix(7)).
const MAX_SOCKET_PATH: usize = 107;

/// What the log leaves out, because it has what people wrote, their addresses and the hashes of their
/// passwords: parameters, statements, and the details of errors, such as the row that a constraint has
/// refused. Said on the command line, so that no file of the cluster says otherwise.
const PRIVATE_LOG: [&str; 4] = [
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
];

#[derive(Debug)]
pub struct Cluster {
    data_dir: DataDir,
    binaries: Binaries,
    folder: PathBuf,
    socket_folder: PathBuf,
    log: ServerLog,
}

impl Cluster {
    /// Makes the cluster if there is none. Does not start it.
    pub async fn open(data_dir: DataDir, binaries: Binaries) -> Result<Self, EmbeddedError> {
        let folder = data_dir.cluster();
        let cluster = Self {
            socket_folder: socket_folder(&folder),
            log: ServerLog::new(data_dir.log()),
            folder,
            data_dir,
            binaries,
        };
        if !cluster.folder.exists() {
            cluster.make().await?;
        }
        if cluster.socket_folder != cluster.folder {
            cluster.make_socket_folder()?;
        }
        Ok(cluster)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn log(&self) -> &ServerLog {
        &self.log
    }

    pub fn log_mut(&mut self) -> &mut ServerLog {
        &mut self.log
    }

    pub fn major(&self) -> u32 {
        self.binaries.major
    }

    pub fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_folder)
            .port(PORT)
            .username(NAME)
            // A Unix socket has none, whatever PGSSLMODE says.
            .ssl_mode(PgSslMode::Disable)
    }

    /// `postgres://parlance@localhost:5432/parlance?host=<folder of the socket>`
    pub fn url(&self) -> String {
        url_of(&self.socket_folder)
    }

    /// The URL of a cluster that another process may have.
    pub fn url_of_other(folder: &Path) -> String {
        url_of(&socket_folder(folder))
    }

    /// Makes the cluster under another name and renames it, so that an interrupted `initdb` leaves
    /// nothing that looks like a cluster.
    async fn make(&self) -> Result<(), EmbeddedError> {
        info!(folder = %self.folder.display(), version = self.major(), "making a private Postgres cluster");
        let unfinished = self.data_dir.path.join("cluster.unfinished");
        let failed = || EmbeddedError::folder(&unfinished);
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(failed())?;
        }
        private_folder(&unfinished).map_err(failed())?;
        self.data_dir.run_as.take_ownership(&unfinished)?;
        // `trust` asks for no password. Only the owner and root can enter the socket's folder, of mode
        // 0700, and both could read the files of the cluster anyway.
        let mut command = self.command("initdb");
        command
            .args(["--username", NAME, "--auth=trust"])
            .args(["--encoding=UTF8", "--locale=C.UTF-8", "--pgdata"])
            .arg(&unfinished);
        run(command).await?;
        fs::rename(&unfinished, &self.folder).map_err(EmbeddedError::folder(&self.folder))
    }

    /// Every user may write to the temporary folder, so a folder that is there already must belong to
    /// the owner of the cluster and be closed to others.
    fn make_socket_folder(&self) -> Result<(), EmbeddedError> {
        let folder = &self.socket_folder;
        let failed = || EmbeddedError::folder(folder);
        if private_folder(folder).is_ok() {
            return self.data_dir.run_as.take_ownership(folder);
        }
        let there = fs::symlink_metadata(folder).map_err(failed())?;
        let cluster = fs::metadata(&self.folder).map_err(failed())?;
        if there.is_dir() && there.uid() == cluster.uid() && there.mode() & 0o777 == 0o700 {
            Ok(())
        } else {
            Err(failed()(io::Error::other(
                "it belongs to somebody else; remove it",
            )))
        }
    }

    /// Starts a postmaster. It accepts connections some time later, or exits.
    pub fn spawn(&mut self) -> Result<Child, EmbeddedError> {
        let socket_lock = self.socket_folder.join(format!(".s.PGSQL.{PORT}.lock"));
        lock_files::remove_stale(
            &self.folder,
            [lock_files::pid_file(&self.folder), socket_lock],
        )?;
        let path = self.log.path().to_owned();
        let failed = || EmbeddedError::folder(&path);
        let log = self.log.open().map_err(failed())?;
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(&self.folder)
            .arg("-k")
            .arg(&self.socket_folder)
            .args(["-p", &PORT.to_string(), "-c", "listen_addresses="])
            .args(["-c", "unix_socket_permissions=0700"])
            .args(PRIVATE_LOG.iter().flat_map(|setting| ["-c", setting]))
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed())?)
            .stderr(log);
        command.spawn().map_err(|source| EmbeddedError::Run {
            program: command.get_program().into(),
            source,
        })
    }

    /// Removes the socket's folder, if it is not the cluster's own. A stopped Postgres has removed the
    /// socket; a killed one has not, and the next start uses the folder as it is.
    pub fn remove_socket_folder(&self) {
        if self.socket_folder != self.folder {
            let _ = fs::remove_dir(&self.socket_folder);
        }
    }

    pub fn not_started(&self) -> EmbeddedError {
        EmbeddedError::NotStarted {
            log: self.log.path().to_owned(),
            tail: self.log.tail(),
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.program(program));
        self.data_dir.run_as.apply_to(&mut command);
        // A process group of its own, so that Ctrl-C reaches the server only: it stops Postgres after
        // its connections have drained. Messages are in English, because some are parsed.
        command.process_group(0).env("LC_ALL", "C");
        command
    }
}

/// The processes of a program that leads a group of its own. Dropping it kills them.
struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    fn led_by(child: &tokio::process::Child) -> Self {
        let number = child.id().and_then(|it| i32::try_from(it).ok());
        Self(number.and_then(Pid::from_raw))
    }

    fn has_ended(&mut self) {
        self.0 = None;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}

/// The cluster's own folder, which only its owner may enter, or a folder with a short name below the
/// temporary one if that path would be too long for a socket.
fn socket_folder(cluster: &Path) -> PathBuf {
    let socket = cluster.join(format!(".s.PGSQL.{PORT}"));
    if socket.as_os_str().len() <= MAX_SOCKET_PATH {
        return cluster.to_owned();
    }
    let mut hasher = DefaultHasher::new();
    cluster.hash(&mut hasher);
    std::env::temp_dir().join(format!("parlance-{:016x}", hasher.finish()))
}

fn url_of(socket_folder: &Path) -> String {
    let mut url = format!("postgres://{NAME}@localhost:{PORT}/{NAME}?host=");
    for byte in socket_folder.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                url.push(char::from(*byte));
            }
            // Writing to a string cannot fail.
            _ => _ = write!(url, "%{byte:02X}"),
        }
    }
    url
}

/// Runs a program to its end. Its output is part of the error if it fails. If the caller stops waiting,
/// the program and those that it has started are killed: a later start would meet them in the folder.
async fn run(command: Command) -> Result<(), EmbeddedError> {
    let program = PathBuf::from(command.get_program());
    let failed = |source| EmbeddedError::Run {
        program: program.clone(),
        source,
    };
    let mut command = tokio::process::Command::from(command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().map_err(failed)?;
    let mut group = ProcessGroup::led_by(&child);
    let output = child.wait_with_output().await.map_err(failed)?;
    group.has_ended();
    if output.status.success() {
        return Ok(());
    }
    let output = [output.stdout, output.stderr].concat();
    Err(EmbeddedError::Failed {
        program,
        output: String::from_utf8_lossy(&output).trim().to_owned(),
    })
}
