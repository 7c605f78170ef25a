//! The reasons for which a database cannot be used, in words for the operator.

use sqlx::migrate::MigrateError;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum DatabaseError {
    #[error("DATABASE_URL is not the address of a Postgres database: {0}")]
    Url(#[source] sqlx::Error),
    #[error("cannot reach the database: {0}")]
    Connect(#[source] sqlx::Error),
    #[error("cannot bring the database's schema up to date: {0}")]
    Migrate(#[from] MigrateError),
    #[error(
        "this database was made by a version before the first release, whose migration {0} was another one, and \
         cannot be brought up to date: create a new, empty database for DATABASE_URL. \
         The private Postgres is DATA_DIR/postgres: move that folder away"
    )]
    BeforeFirstRelease(i64),
    #[error(
        "this database has the migration {0}, which this version does not know: a newer version has migrated it. \
         Start that version or a later one"
    )]
    Newer(i64),
}
