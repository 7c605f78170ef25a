//! Errors of starting and running the processes under test.

use std::io;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum ProcessError {
    #[error("{program} does not run: {cause}")]
    Start { program: String, cause: io::Error },
    #[error("{program} failed:\n{log}")]
    Failed { program: String, log: String },
    #[error("{name} is not ready after {seconds} s; end of its log:\n{log}")]
    NotReady {
        name: String,
        seconds: u64,
        log: String,
    },
    #[error("{name} has ended; end of its log:\n{log}")]
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
