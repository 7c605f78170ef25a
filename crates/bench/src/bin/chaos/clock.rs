//! A clock that can be set: libfaketime, in the processes that are started with it.

use crate::Result;
use bench::processes::Folder;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Where Debian has it, by machine.
const LIBRARIES: &str = "/usr/lib";
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

pub struct Clock {
    file: PathBuf,
    library: PathBuf,
}

impl Clock {
    pub fn new(folder: &Folder) -> Result<Self> {
        let library =
            library().ok_or("libfaketime is missing (Debian: apt-get install libfaketime)")?;
        let file = folder.path().join("clock");
        let clock = Self { file, library };
        clock.set(0)?;
        // Postgres may be another user.
        fs::set_permissions(&clock.file, fs::Permissions::from_mode(0o644))?;
        Ok(clock)
    }

    /// So many seconds ahead of what it is, or behind.
    pub fn set(&self, seconds: i64) -> Result<()> {
        // Replaced at once: nobody reads half of it.
        let next = self.file.with_extension("next");
        fs::write(&next, format!("{seconds:+}\n"))?;
        Ok(fs::rename(next, &self.file)?)
    }

    /// What a process is started with that has this clock. Only the time of day jumps, as with a
    /// machine: what counts time that passes goes on.
    pub fn environment(&self) -> Vec<(String, String)> {
        let pairs = [
            ("LD_PRELOAD", self.library.to_string_lossy().into_owned()),
            (
                "FAKETIME_TIMESTAMP_FILE",
                self.file.to_string_lossy().into_owned(),
            ),
            ("FAKETIME_CACHE_DURATION", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).into()
    }
}

/// The library leaves shared memory behind in processes that are killed.
pub fn tidy_up_after(pid: u32) {
    let ending = format!("_{pid}");
    for entry in fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.contains("faketime") && name.ends_with(&ending) {
            // Somebody else may have removed it.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn library() -> Option<PathBuf> {
    let folders = fs::read_dir(Path::new(LIBRARIES)).ok()?.flatten();
    let mut paths = folders.map(|folder| folder.path().join(LIBRARY));
    paths.find(|path| path.is_file())
}
