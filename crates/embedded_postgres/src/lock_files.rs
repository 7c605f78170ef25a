//! Postgres' own lock files: `postmaster.pid` in the cluster, and the one beside its socket.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, test_kill_process};
use tracing::warn;

use crate::error::EmbeddedError;

/// The file of a cluster that its postmaster removes when it ends.
pub fn pid_file(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

/// The running postmaster of `cluster`.
///
/// Postgres takes any live process with the number in the file for a postmaster. After a crash of the
/// machine that number may belong to another program, and a zombie still has its number until its parent
/// waits for it. A postmaster has the cluster as its working folder, which tells them apart.
pub fn postmaster(cluster: &Path) -> Option<Pid> {
    let content = fs::read_to_string(pid_file(cluster)).ok()?;
    let number = content.lines().next()?.trim().parse().ok()?;
    let pid = Pid::from_raw(number)?;
    is_postmaster(pid, cluster).then_some(pid)
}

/// Whether the process has the cluster as its working folder. Where there is no /proc, whether it lives.
pub fn is_postmaster(pid: Pid, cluster: &Path) -> bool {
    if !Path::new("/proc/self").exists() {
        return test_kill_process(pid).is_ok();
    }
    let folder = Path::new("/proc")
        .join(pid.as_raw_nonzero().to_string())
        .join("cwd");
    fs::read_link(folder).is_ok_and(|folder| folder == cluster)
}

/// Removes the lock files whose process is not a postmaster of `cluster`.
pub fn remove_stale(cluster: &Path, files: [PathBuf; 2]) -> Result<(), EmbeddedError> {
    for path in files {
        let Ok(content) = fs::read_to_string(&path) else {
            continue;
        };
        let pid = content.lines().next().unwrap_or_default().trim();
        let process = Path::new("/proc").join(pid);
        let stale = match fs::read_link(process.join("cwd")) {
            Ok(folder) => folder != cluster,
            // A zombie: it has no working folder. (Where there is no /proc, nothing is removed.)
            Err(error) => error.kind() == io::ErrorKind::NotFound && process.exists(),
        };
        if stale {
            warn!(pid, file = %path.display(), "locked by a process that is no postmaster");
            fs::remove_file(&path).map_err(EmbeddedError::folder(&path))?;
        }
    }
    Ok(())
}
