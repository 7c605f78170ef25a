//! The log file of the private Postgres. Only its owner reads it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The most that is read of the log for an error message, in bytes.
const MAX_TAIL: u64 = 2000;
/// A log of more bytes becomes `log.1`, in the place of an earlier one, and begins anew. So the two
/// together have at most twice as many, and what is written between two looks.
const MAX_LOG: u64 = 8 << 20;
const OWNER_ONLY: u32 = 0o600;

#[derive(Debug)]
pub struct ServerLog {
    path: PathBuf,
    /// The length of the file before the latest start, in bytes.
    start: u64,
}

impl ServerLog {
    pub fn new(path: PathBuf) -> Self {
        Self { path, start: 0 }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file for the output of a start. One that others could read is closed to them.
    pub fn open(&mut self) -> io::Result<File> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(OWNER_ONLY)
            .open(&self.path)?;
        file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
        self.start = file.metadata()?.len();
        Ok(file)
    }

    /// Begins the file anew if it is too long. Postgres goes on writing to it, at its end.
    pub fn rotate(&mut self) -> io::Result<()> {
        if fs::metadata(&self.path)?.len() <= MAX_LOG {
            return Ok(());
        }
        // With the mode of the log.
        fs::copy(&self.path, self.earlier())?;
        OpenOptions::new()
            .write(true)
            .open(&self.path)?
            .set_len(0)?;
        self.start = 0;
        Ok(())
    }

    fn earlier(&self) -> PathBuf {
        let mut path = OsString::from(&self.path);
        path.push(".1");
        path.into()
    }

    /// What the latest start has logged, at most the last [`MAX_TAIL`] bytes of it.
    pub fn tail(&self) -> String {
        let read = || -> io::Result<String> {
            let mut file = File::open(&self.path)?;
            let end = file.metadata()?.len();
            let start = self.start.max(end.saturating_sub(MAX_TAIL));
            file.seek(SeekFrom::Start(start))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().unwrap_or_else(|error| error.to_string())
    }
}
