//! Explains why the migrations that a database has had are not those of this program.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgPool;

use super::error::DatabaseError;

/// Replaces sqlx's `VersionMissing` and `VersionMismatch` by what the operator can do about it.
///
/// Every database that a release has made has applied the files of that release, which never change. So a
/// migration that both have, with different content, means a database from before the first release;
/// otherwise the database is newer than the program.
pub async fn explain(pool: &PgPool, migrator: &Migrator, error: MigrateError) -> DatabaseError {
    let (MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version)) = error
    else {
        return error.into();
    };
    match first_changed(pool, migrator).await {
        Ok(Some(changed)) => DatabaseError::BeforeFirstRelease(changed),
        Ok(None) => DatabaseError::Newer(version),
        Err(_) => error.into(),
    }
}

/// The first migration that the database has had with another content than this program has.
async fn first_changed(pool: &PgPool, migrator: &Migrator) -> Result<Option<i64>, sqlx::Error> {
    // Not checked while compiling: sqlx makes this table when it migrates.
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("select version, checksum from _sqlx_migrations order by version")
            .fetch_all(pool)
            .await?;
    let changed = applied.into_iter().find(|(version, checksum)| {
        migrator
            .iter()
            .any(|it| it.version == *version && it.checksum.as_ref() != checksum.as_slice())
    });
    Ok(changed.map(|(version, _)| version))
}
