//! The log file of the private Postgres.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The most that is read of the log for an error message, in bytes.
const MAX_TAIL: u64 = 2000;

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

    /// Opens the file for the output of a start.
    pub fn open(&mut self) -> io::Result<File> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        self.start = file.metadata()?.len();
        Ok(file)
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
