//! The program `parlance` as a process of its own.

use std::process::{ExitStatus, Stdio};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

pub struct Process {
    child: Child,
    log: Lines<BufReader<ChildStdout>>,
    pub base: String,
}

impl Process {
    /// Starts the server on any free port, and waits until it listens.
    pub async fn start(database_url: &str, flags: &[&str]) -> Self {
        Self::start_in(database_url, flags, &[]).await
    }

    /// The same, with these variables as well.
    pub async fn start_in(database_url: &str, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_parlance"))
            .args(["--port=0", "--jwt-secret", super::SECRET])
            .args(flags)
            .env("DATABASE_URL", database_url)
            .env("RUST_LOG", "info")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = loop {
            let line = log.next_line().await.unwrap().expect("the server ended");
            if let Some((_, base)) = line.split_once("Parlance is at ") {
                break base.to_owned();
            }
        };
        Self { child, log, base }
    }

    /// Sends the process a signal, such as `TERM`.
    pub async fn signal(&self, name: &str) {
        signal(self.id(), name).await;
    }

    fn id(&self) -> u32 {
        self.child.id().expect("the server runs")
    }

    /// Stops the process after this work. The answer has the log of both, however long it is.
    pub async fn log_of(self, work: impl Future<Output = ()>) -> String {
        let id = self.id();
        let stopped = async {
            work.await;
            signal(id, "TERM").await;
        };
        tokio::join!(self.wait(), stopped).0.1
    }

    /// Kills the process with SIGKILL.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits for the end of the process. The answer has the rest of the log.
    pub async fn wait(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        while let Some(line) = self.log.next_line().await.unwrap() {
            rest.push_str(&line);
            rest.push('\n');
        }
        (self.child.wait().await.unwrap(), rest)
    }
}

async fn signal(id: u32, name: &str) {
    let id = id.to_string();
    let sent = Command::new("kill").args(["-s", name, &id]).status().await;
    assert!(sent.unwrap().success());
}
