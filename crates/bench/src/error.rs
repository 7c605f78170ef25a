//! Errors of the load generator.

use bench::{client::ClientError, processes::ProcessError, seed::SeedError};
use thiserror::Error;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error(transparent)]
    Seeder(#[from] SeedError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("a chat verb failed: {0}")]
    Chat(#[from] chat::Error),
    #[error("the results are not readable: {0}")]
    Json(#[from] serde_json::Error),
    #[error("a task broke: {0}")]
    Task(#[from] tokio::task::JoinError),
    #[error("{0}")]
    Wrong(String),
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    pub fn wrong(what: impl Into<String>) -> Self {
        Self::Wrong(what.into())
    }
}
