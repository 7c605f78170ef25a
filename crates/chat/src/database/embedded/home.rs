//! Where the private Postgres lives: the folder `DATA_DIR/postgres`, held by one server at a time.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process;

use tracing::warn;

use super::{EmbeddedError, Owner};

/// Where root's clusters go when the database user cannot reach `DATA_DIR`, as below `/root`.
const ELSEWHERE: &str = "/var/lib/parlance";

#[derive(Debug)]
pub struct Home {
    pub path: PathBuf,
    pub owner: Owner,
    /// The kernel lets go of it with our process, even after a kill -9.
    _lock: File,
}

impl Home {
    pub fn open(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let home = data_dir.join("postgres");
        fs::create_dir_all(data_dir).map_err(EmbeddedError::folder(data_dir))?;
        let owner = Owner::of(&home.join("cluster"))?;
        if owner != Owner::Ourselves {
            pass(data_dir)?;
        }
        let data_dir = fs::canonicalize(data_dir).map_err(EmbeddedError::folder(data_dir))?;
        if !home.exists() {
            if owner.reaches(&data_dir) {
                fs::create_dir(&home).map_err(EmbeddedError::folder(&home))?;
            } else {
                make_elsewhere(&home)?;
            }
        }
        let path = fs::canonicalize(&home).map_err(EmbeddedError::folder(&home))?;
        if owner != Owner::Ourselves {
            pass(&path)?;
        }
        if let Owner::Other { uid, .. } = owner
            && !owner.reaches(&path)
        {
            return Err(EmbeddedError::Unreachable { path, uid });
        }
        Ok(Self {
            _lock: lock(&path)?,
            path,
            owner,
        })
    }

    pub fn cluster(&self) -> PathBuf {
        self.path.join("cluster")
    }

    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }
}

/// Lets others pass through a folder of ours, without letting them look around in it.
fn pass(folder: &Path) -> Result<(), EmbeddedError> {
    let failed = || EmbeddedError::folder(folder);
    let mode = fs::metadata(folder).map_err(failed())?.mode();
    if mode & 0o001 == 0 {
        fs::set_permissions(folder, Permissions::from_mode(mode | 0o001)).map_err(failed())?;
    }
    Ok(())
}

fn make_elsewhere(home: &Path) -> Result<(), EmbeddedError> {
    let elsewhere = Path::new(ELSEWHERE).join(format!("{:016x}", rand::random::<u64>()));
    fs::create_dir_all(&elsewhere).map_err(EmbeddedError::folder(&elsewhere))?;
    symlink(&elsewhere, home).map_err(EmbeddedError::folder(home))?;
    warn!(
        link = %home.display(),
        folder = %elsewhere.display(),
        "the database user cannot reach DATA_DIR: the private Postgres lives elsewhere, behind a link"
    );
    Ok(())
}

fn lock(home: &Path) -> Result<File, EmbeddedError> {
    let path = home.join("lock");
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
                home: home.to_owned(),
                pid,
            });
        }
        Err(TryLockError::Error(source)) => return Err(failed()(source)),
    }
    file.set_len(0).map_err(failed())?;
    write!(file, "{}", process::id()).map_err(failed())?;
    Ok(file)
}
