//! Why a dump cannot be read.

use chat::database::DatabaseError;
use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{} cannot be read", .0.display())]
    File(PathBuf, #[source] io::Error),
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    #[error("the dump has neither {0}")]
    NoTable(String),
    #[error("the database of the dump")]
    Database(#[from] DatabaseError),
}
