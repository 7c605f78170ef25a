//! Temporary folder of one run, removed when dropped.

use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

pub struct Folder(PathBuf);

impl Folder {
    /// Creates it below `TMPDIR`, which should be on a disk: fsync on a memory file system costs
    /// nothing.
    pub fn new(name: &str) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("parlance-{name}.{}.{number}", std::process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        // Postgres may run as another user, and needs to pass through to its data folder.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o711))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Creates a folder inside it.
    pub fn inner(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // `drop` has no way to report a failure.
        let _ = fs::remove_dir_all(&self.0);
    }
}
