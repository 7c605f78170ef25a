//! The processes under test: started, killed without a word, started again, and gone in the end.

mod folder;
mod ports;
mod postgres;
mod process;
mod service;

pub use folder::Folder;
pub use ports::free_port;
pub use postgres::Postgres;
pub use process::Process;
pub use service::{JWT_SECRET, ReadyCheck, Service, wait_until};

use std::{fs, io, path::Path};
use thiserror::Error;

#[derive(Debug, Error)]
pub enum ProcessError {
    #[error("{program} does not run: {cause}")]
    Start { program: String, cause: io::Error },
    #[error("{program} failed:\n{log}")]
    Failed { program: String, log: String },
    #[error("{name} is not ready after {seconds} s; it said:\n{log}")]
    NotReady {
        name: String,
        seconds: u64,
        log: String,
    },
    #[error("{name} has ended; it said:\n{log}")]
    Ended { name: String, log: String },
    #[error("no folder for what the processes write: {0}")]
    Folder(#[from] io::Error),
    #[error("no Postgres is installed: get one (Debian: apt-get install postgresql)")]
    NoPostgres,
    #[error("no schema: {0}")]
    Schema(#[from] chat::database::DatabaseError),
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
}

/// The last lines of a log, which goes with its folder.
fn log_tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
