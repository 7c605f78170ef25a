//! Why an import has failed.

use super::source::SourceError;
use std::io;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Chat(#[from] chat::Error),
    #[error(
        "no row of the messages can be used, each because {0}: is it the dump of another contract? \
        Nothing was written"
    )]
    OtherContract(String),
    #[error(
        "there is no app `{name}`, only {known}; with --new-app it is made. Nothing was written"
    )]
    UnknownApp { name: String, known: String },
    #[error("a temporary file or the report cannot be written")]
    Io(#[from] io::Error),
    #[error("stopped; the same command goes on where this one ended")]
    Interrupted,
}
