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
pub use service::{JWT_SECRET, Ready, Service, wait_until};

use std::{io, path::PathBuf};
use thiserror::Error;

#[derive(Debug, Error)]
pub enum ProcessError {
    #[error("{program} does not run: {cause}")]
    Start { program: String, cause: io::Error },
    #[error("{program} failed:\n{said}")]
    Failed { program: String, said: String },
    #[error("{name} is not ready after {seconds} s; see {}", log.display())]
    NotReady {
        name: String,
        seconds: u64,
        log: PathBuf,
    },
    #[error("{name} has ended; see {}", log.display())]
    Ended { name: String, log: PathBuf },
    #[error("no folder for what the processes write: {0}")]
    Folder(#[from] io::Error),
    #[error("no Postgres is installed: get one (Debian: apt-get install postgresql)")]
    NoPostgres,
    #[error("no schema: {0}")]
    Schema(#[from] chat::database::DatabaseError),
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
}
