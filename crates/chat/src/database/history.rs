//! The migrations that a database has had, beside those of this program.

use super::error::DatabaseError;
use sqlx::{
    migrate::{MigrateError, Migrator},
    postgres::PgPool,
};

/// A row of sqlx's list.
#[derive(sqlx::FromRow)]
pub struct Applied {
    version: i64,
    checksum: Vec<u8>,
    success: bool,
}

/// What the database has had; nothing where sqlx's list is not there. Selects only, so that a role
/// that may not change the schema can ask.
pub async fn applied(pool: &PgPool) -> Result<Vec<Applied>, sqlx::Error> {
    // Not checked while compiling: sqlx makes this table when it migrates.
    let exists: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(pool)
        .await?;
    if !exists {
        return Ok(Vec::new());
    }
    let list = "select version, checksum, success from _sqlx_migrations order by version";
    sqlx::query_as(list).fetch_all(pool).await
}

/// The migrations of the program that the database lacks.
pub fn missing(applied: &[Applied], migrator: &Migrator) -> Vec<i64> {
    let versions = migrator.iter().map(|it| it.version);
    versions
        .filter(|version| !applied.iter().any(|it| it.version == *version))
        .collect()
}

/// Whether the database has exactly the migrations of the program.
pub fn is_current(applied: &[Applied], migrator: &Migrator) -> bool {
    applied.iter().all(|it| it.success)
        && applied.len() == migrator.iter().count()
        && migrator.iter().all(|own| {
            let known = applied.iter().find(|it| it.version == own.version);
            known.is_some_and(|it| it.checksum == own.checksum.as_ref())
        })
}

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
    match applied(pool).await {
        Ok(applied) => match first_changed(&applied, migrator) {
            Some(changed) => DatabaseError::BeforeFirstRelease(changed),
            None => DatabaseError::Newer(version),
        },
        Err(_) => error.into(),
    }
}

/// The first migration that the database has had with another content than this program has.
fn first_changed(applied: &[Applied], migrator: &Migrator) -> Option<i64> {
    let changed = applied.iter().find(|applied| {
        migrator.iter().any(|own| {
            own.version == applied.version && own.checksum.as_ref() != applied.checksum.as_slice()
        })
    });
    changed.map(|it| it.version)
}
