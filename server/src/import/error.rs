//! Why an import has failed.

use super::source::SourceError;
use std::io;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Chat(#[from] chat::Error),
    #[error("a temporary file or the report cannot be written")]
    Io(#[from] io::Error),
    #[error("stopped; the same command goes on where this one ended")]
    Interrupted,
}
