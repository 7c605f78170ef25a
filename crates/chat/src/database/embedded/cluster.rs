//! The cluster on disk, and the programs that make, start and stop it.

use std::fmt::Write;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sqlx::postgres::PgConnectOptions;
use tracing::{info, warn};

use super::{Binaries, EmbeddedError, Home};

/// The superuser of the cluster, and the name of its database.
pub const NAME: &str = "parlance";
/// Names the socket's file; nothing listens on it.
const PORT: u16 = 5432;
/// `sun_path` of a Unix socket, without the closing zero.
const SOCKET_PATH_MAX: usize = 107;

#[derive(Debug)]
pub struct Cluster {
    home: Home,
    binaries: Binaries,
    folder: PathBuf,
    socket_folder: PathBuf,
    /// What the log held before this start is no news.
    log_start: u64,
}

impl Cluster {
    pub fn open(home: Home, binaries: Binaries) -> Result<Self, EmbeddedError> {
        let folder = home.cluster();
        let cluster = Self {
            socket_folder: socket_folder(&folder),
            log_start: 0,
            folder,
            home,
            binaries,
        };
        if !cluster.folder.exists() {
            cluster.make()?;
        }
        if cluster.socket_folder != cluster.folder {
            cluster.make_socket_folder()?;
        }
        Ok(cluster)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn major(&self) -> u32 {
        self.binaries.major
    }

    pub fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_folder)
            .port(PORT)
            .username(NAME)
    }

    pub fn url(&self) -> String {
        let mut url = format!("postgres://{NAME}@localhost:{PORT}/{NAME}?host=");
        for byte in self.socket_folder.as_os_str().as_encoded_bytes() {
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

    /// Made under another name, so that one whose making was interrupted is not taken for whole.
    fn make(&self) -> Result<(), EmbeddedError> {
        info!(folder = %self.folder.display(), version = self.major(), "making a private Postgres cluster");
        let unfinished = self.home.path.join("cluster.unfinished");
        let failed = || EmbeddedError::folder(&unfinished);
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(failed())?;
        }
        private_folder(&unfinished).map_err(failed())?;
        self.home.owner.takes(&unfinished)?;
        // Whoever may enter the socket's folder, of mode 0700, is the owner or root, and needs no
        // password: either could read the files anyway.
        let mut command = self.command("initdb");
        command
            .args(["--username", NAME, "--auth=trust"])
            .args(["--encoding=UTF8", "--locale=C.UTF-8", "--pgdata"])
            .arg(&unfinished);
        run(command)?;
        fs::rename(&unfinished, &self.folder).map_err(EmbeddedError::folder(&self.folder))
    }

    /// Anybody may write to the temporary folder: what waits there under our name must be ours.
    fn make_socket_folder(&self) -> Result<(), EmbeddedError> {
        let folder = &self.socket_folder;
        let failed = || EmbeddedError::folder(folder);
        if private_folder(folder).is_ok() {
            return self.home.owner.takes(folder);
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

    pub fn spawn(&mut self) -> Result<Child, EmbeddedError> {
        self.forget_foreign_locks()?;
        let path = self.home.log();
        let failed = || EmbeddedError::folder(&path);
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(failed())?;
        self.log_start = log.metadata().map_err(failed())?.len();
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(&self.folder)
            .arg("-k")
            .arg(&self.socket_folder)
            .args(["-p", &PORT.to_string(), "-c", "listen_addresses="])
            .args(["-c", "unix_socket_permissions=0700"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed())?)
            .stderr(log);
        command.spawn().map_err(|source| EmbeddedError::Run {
            program: command.get_program().into(),
            source,
        })
    }

    pub fn stop(&self, wait: &[&str]) -> Result<(), EmbeddedError> {
        let mut command = self.command("pg_ctl");
        command.args(["stop", "--mode=fast"]).args(wait);
        command.arg("--pgdata").arg(&self.folder);
        run(command)?;
        if self.socket_folder != self.folder {
            // Not empty while Postgres is still stopping: then the next start finds it as it is.
            let _ = fs::remove_dir(&self.socket_folder);
        }
        Ok(())
    }

    /// After a crash of the machine, the number in a lock file may be somebody else's, and Postgres
    /// would take that for a postmaster; and so it takes a dead one that its parent has not looked
    /// at. A real one has the cluster as its working folder.
    fn forget_foreign_locks(&self) -> Result<(), EmbeddedError> {
        let socket_lock = self.socket_folder.join(format!(".s.PGSQL.{PORT}.lock"));
        for path in [self.folder.join("postmaster.pid"), socket_lock] {
            let Ok(content) = fs::read_to_string(&path) else {
                continue;
            };
            let pid = content.lines().next().unwrap_or_default().trim();
            let process = Path::new("/proc").join(pid);
            let foreign = match fs::read_link(process.join("cwd")) {
                Ok(folder) => folder != self.folder,
                Err(error) => error.kind() == io::ErrorKind::NotFound && process.exists(),
            };
            if foreign {
                warn!(pid, file = %path.display(), "locked by a process that is no postmaster");
                fs::remove_file(&path).map_err(EmbeddedError::folder(&path))?;
            }
        }
        Ok(())
    }

    /// What the last start has logged, or the end of it.
    pub fn log_end(&self) -> String {
        let read = || -> io::Result<String> {
            let mut file = File::open(self.home.log())?;
            let end = file.metadata()?.len();
            file.seek(SeekFrom::Start(
                self.log_start.max(end.saturating_sub(2000)),
            ))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().unwrap_or_else(|error| error.to_string())
    }

    pub fn not_started(&self) -> EmbeddedError {
        EmbeddedError::NotStarted {
            log: self.home.log(),
            tail: self.log_end(),
        }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.program(program));
        self.home.owner.runs(&mut command);
        // A group of its own: Ctrl-C is for the server, which stops Postgres when it has drained.
        // And messages in English: some are read here.
        command.process_group(0).env("LC_ALL", "C");
        command
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}

/// The cluster's own folder, which only its owner may enter, or a short one if that is too long.
fn socket_folder(cluster: &Path) -> PathBuf {
    let socket = cluster.join(format!(".s.PGSQL.{PORT}"));
    if socket.as_os_str().len() <= SOCKET_PATH_MAX {
        return cluster.to_owned();
    }
    let mut hasher = DefaultHasher::new();
    cluster.hash(&mut hasher);
    std::env::temp_dir().join(format!("parlance-{:016x}", hasher.finish()))
}

fn run(mut command: Command) -> Result<(), EmbeddedError> {
    let program = PathBuf::from(command.get_program());
    let output = match command.output() {
        Ok(output) => output,
        Err(source) => return Err(EmbeddedError::Run { program, source }),
    };
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(EmbeddedError::Failed {
        program,
        output: String::from_utf8_lossy(&said).trim().to_owned(),
    })
}
