//! Child process, killed when dropped.

use super::error::ProcessError;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::time::{Instant, sleep};

pub struct Process(Child);

impl Process {
    /// Starts the program; its output is appended to the log.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self, ProcessError> {
        let spawn = |command: &mut Command| -> io::Result<Child> {
            let log = OpenOptions::new().create(true).append(true).open(log)?;
            command
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .spawn()
        };
        let child = spawn(command).map_err(|cause| ProcessError::Start {
            program: command.get_program().to_string_lossy().into_owned(),
            cause,
        })?;
        Ok(Self(child))
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Kills it with SIGKILL and waits for its end.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Stops it with SIGTERM; killed if it has not ended within the timeout.
    pub async fn stop(mut self, timeout: Duration) {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + timeout;
        while self.is_running() && Instant::now() < deadline {
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for its end, and blocks the thread meanwhile: for `drop`.
    pub fn end_within(&mut self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        while self.is_running() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn signal(&self, signal: Signal) {
        send_signal(self.pid(), signal);
    }
}

/// Last 20 lines of a log file: the file is removed with its folder.
pub fn log_tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// Sends a signal to a process that may have ended.
pub fn send_signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
