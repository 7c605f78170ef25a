//! The reasons for which the private Postgres cannot run, each with what the operator can do about it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

#[derive(Debug, Error)]
pub enum EmbeddedError {
    #[error(
        "another Parlance (process {pid}) is using {}: stop it, or give this one a DATA_DIR of its own",
        .folder.display()
    )]
    InUse { folder: PathBuf, pid: String },
    #[error("cannot use {} for the private Postgres: {source}", .path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(
        "Postgres refuses to run as root, and its user {uid} cannot reach {}: \
         choose a DATA_DIR that everybody may pass through, or set DATABASE_URL",
        .path.display()
    )]
    Unreachable { path: PathBuf, uid: u32 },
    #[error(
        "Postgres refuses to run as root, and there is no user postgres or nobody to run it as: \
         create one, start Parlance as an ordinary user, or set DATABASE_URL"
    )]
    NoUser,
    #[error(
        "no Postgres on PATH, in /usr/lib/postgresql/*/bin or through pg_config, and the download failed \
         ({download}): install one (Debian: apt-get install postgresql), or set DATABASE_URL"
    )]
    NoBinaries { download: String },
    #[error(
        "the data in {} was made by Postgres {wanted}; found was {found}, and the download failed ({download}): \
         install that version (Debian: apt-get install postgresql-{wanted})",
        .cluster.display()
    )]
    NoMatchingBinaries {
        cluster: PathBuf,
        wanted: u32,
        found: String,
        download: String,
    },
    #[error("cannot run {}: {source}", .program.display())]
    Run { program: PathBuf, source: io::Error },
    #[error("{} failed: {output}", .program.display())]
    Failed { program: PathBuf, output: String },
    #[error("the private Postgres did not start; the end of {} says:\n{tail}", .log.display())]
    NotStarted { log: PathBuf, tail: String },
    #[error("the private Postgres runs, but cannot be used: {0}")]
    Unusable(#[from] sqlx::Error),
}

impl EmbeddedError {
    /// For `map_err` of an operation on `path`.
    pub(crate) fn folder(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Folder { path, source }
    }
}
