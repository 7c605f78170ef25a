//! The folder `DATA_DIR/postgres`: where the cluster, the log and downloaded programs are. One process
//! at a time holds it.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process;

use tracing::warn;

use crate::error::EmbeddedError;
use crate::run_as::RunAs;

/// Where the folder is when this process is root and the database user cannot reach `DATA_DIR`, as below
/// `/root`. `DATA_DIR/postgres` is then a link to it.
const FALLBACK: &str = "/var/lib/parlance";

#[derive(Debug)]
pub struct DataDir {
    /// Without links.
    pub path: PathBuf,
    pub run_as: RunAs,
    /// Locked with flock(2), which the kernel releases with the process, even after a SIGKILL.
    _lock: File,
}

impl DataDir {
    /// Makes the folder if there is none, and locks it. Fails at once with [`EmbeddedError::InUse`] if
    /// another process holds it.
    pub fn open(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let folder = data_dir.join("postgres");
        fs::create_dir_all(data_dir).map_err(EmbeddedError::folder(data_dir))?;
        let run_as = RunAs::for_cluster(&folder.join("cluster"))?;
        if run_as != RunAs::CurrentUser {
            let_others_pass(data_dir)?;
        }
        let data_dir = fs::canonicalize(data_dir).map_err(EmbeddedError::folder(data_dir))?;
        if !folder.exists() {
            if run_as.can_reach(&data_dir) {
                fs::create_dir(&folder).map_err(EmbeddedError::folder(&folder))?;
            } else {
                make_fallback(&folder)?;
            }
        }
        let path = fs::canonicalize(&folder).map_err(EmbeddedError::folder(&folder))?;
        if run_as != RunAs::CurrentUser {
            let_others_pass(&path)?;
        }
        if let RunAs::User { uid, .. } = run_as
            && !run_as.can_reach(&path)
        {
            return Err(EmbeddedError::Unreachable { path, uid });
        }
        Ok(Self {
            _lock: lock(&path)?,
            path,
            run_as,
        })
    }

    pub fn cluster(&self) -> PathBuf {
        self.path.join("cluster")
    }

    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }
}

/// Adds the execute bit for others: they may pass through the folder, but not list it.
fn let_others_pass(folder: &Path) -> Result<(), EmbeddedError> {
    let failed = || EmbeddedError::folder(folder);
    let mode = fs::metadata(folder).map_err(failed())?.mode();
    if mode & 0o001 == 0 {
        fs::set_permissions(folder, Permissions::from_mode(mode | 0o001)).map_err(failed())?;
    }
    Ok(())
}

fn make_fallback(link: &Path) -> Result<(), EmbeddedError> {
    let folder = Path::new(FALLBACK).join(format!("{:016x}", rand::random::<u64>()));
    fs::create_dir_all(&folder).map_err(EmbeddedError::folder(&folder))?;
    symlink(&folder, link).map_err(EmbeddedError::folder(link))?;
    warn!(
        link = %link.display(),
        folder = %folder.display(),
        "the database user cannot reach DATA_DIR: the private Postgres lives elsewhere, behind a link"
    );
    Ok(())
}

/// The lock file has the number of the process that holds it, for the message to another one.
fn lock(folder: &Path) -> Result<File, EmbeddedError> {
    let path = folder.join("lock");
    let failed = || EmbeddedError::folder(&path);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(failed())?;
            return Err(EmbeddedError::InUse {
                folder: folder.to_owned(),
                pid,
            });
        }
        Err(TryLockError::Error(source)) => return Err(failed()(source)),
    }
    file.set_len(0).map_err(failed())?;
    write!(file, "{}", process::id()).map_err(failed())?;
    Ok(file)
}
