//! Fake clock: libfaketime in the processes that are started with its environment variables.

use crate::settings::Result;
use bench::processes::Folder;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Debian installs it in a folder of the architecture, for example `x86_64-linux-gnu`.
const LIBRARIES: &str = "/usr/lib";
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

pub struct FakeClock {
    file: PathBuf,
    library: PathBuf,
}

impl FakeClock {
    pub fn new(folder: &Folder) -> Result<Self> {
        let library =
            library().ok_or("libfaketime is missing (Debian: apt-get install libfaketime)")?;
        let file = folder.path().join("clock");
        let clock = Self { file, library };
        clock.set(0)?;
        // Postgres may run as another user.
        fs::set_permissions(&clock.file, fs::Permissions::from_mode(0o644))?;
        Ok(clock)
    }

    /// Sets the clock so many seconds ahead of the real time, or behind it if negative.
    pub fn set(&self, seconds: i64) -> Result<()> {
        // Renaming is atomic, so that no process reads half a file.
        let next = self.file.with_extension("next");
        fs::write(&next, format!("{seconds:+}\n"))?;
        Ok(fs::rename(next, &self.file)?)
    }

    /// Environment variables of a process with this clock. Only the wall clock jumps; the monotonic
    /// clock goes on, as on a real machine.
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

/// Removes the shared memory that libfaketime leaves behind when its process is killed.
pub fn remove_shared_memory(pid: u32) {
    let ending = format!("_{pid}");
    for entry in fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.contains("faketime") && name.ends_with(&ending) {
            // Another process may have removed it.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn library() -> Option<PathBuf> {
    let folders = fs::read_dir(Path::new(LIBRARIES)).ok()?.flatten();
    let mut paths = folders.map(|folder| folder.path().join(LIBRARY));
    paths.find(|path| path.is_file())
}
