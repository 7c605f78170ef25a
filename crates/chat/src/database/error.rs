//! The reasons for which a database cannot be used, in words for the operator.

use sqlx::migrate::MigrateError;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum DatabaseError {
    #[error("DATABASE_URL is not the address of a Postgres database: {0}")]
    Url(#[source] sqlx::Error),
    #[error("cannot reach the database: {0}")]
    Connect(#[source] sqlx::Error),
    #[error("cannot read the database: {0}")]
    Foreign(#[source] sqlx::Error),
    #[error("cannot bring the database's schema up to date: {0}")]
    Migrate(#[from] MigrateError),
    #[error(
        "this database was made by a version before the first release (its migration {0} is another one) and cannot \
         be brought up to date: create a new, empty database and name it in DATABASE_URL; \
         of the private Postgres, move the folder DATA_DIR/postgres away"
    )]
    BeforeFirstRelease(i64),
    #[error(
        "this database has the migration {0}, which this version does not know: a newer version has migrated it. \
         Start that version or a later one"
    )]
    Newer(i64),
}
