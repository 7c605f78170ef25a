//! Brings the schema up to date, or finds that it is.

use super::{error::DatabaseError, history};
use sqlx::{
    Connection as _, PgConnection,
    migrate::{MigrateError, Migrator},
    postgres::{PgPool, PgPoolOptions},
};
use std::time::Duration;

static MIGRATIONS: Migrator = {
    let mut migrator = sqlx::migrate!("../../migrations");
    // The lock is ours: sqlx's belongs to a session, which behind a pooler in transaction mode is
    // another one when it is to be released.
    migrator.locking = false;
    migrator
};

/// How long the connection that migrates may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The advisory lock of the node that migrates.
const LOCK: &str = "select pg_try_advisory_xact_lock(hashtextextended('migrations', 0))";
/// Between two attempts to get it. A query that waited for it would have a snapshot meanwhile, for
/// which `create index concurrently` waits in turn.
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Lifts the timeouts that the role or the database has, which a migration may exceed, and reads literals
/// as the standard does, whatever is set there. Postgres before 17 has no `transaction_timeout`.
const SESSION_SETTINGS: &str = "
    set standard_conforming_strings = on;
    select set_config(name, '0', false) from pg_settings where name in (
        'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
        'transaction_timeout')";

/// Tables, views and sequences of the schema's owner on which the role lacks a right. Only reading is
/// needed of `_sqlx_migrations`. Sequences are used by name in `send_messages`.
const LACKING: &str = "
    select c.relnamespace::regnamespace::text, string_agg(c.relname, ', ' order by c.relname)
    from pg_class c join pg_class known on known.oid = to_regclass('_sqlx_migrations')
    where c.relnamespace = known.relnamespace and c.relowner = known.relowner
        and case
            when c.relkind = 'v' or c.oid = known.oid then not has_table_privilege(c.oid, 'select')
            when c.relkind = 'S' then not has_sequence_privilege(c.oid, 'usage')
            when c.relkind in ('r', 'p') then not (
                has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
                and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete'))
            else false
        end
    group by 1";

/// Applies the migrations that the database does not have. Nodes that start together take turns. A
/// database that has them all is only read.
///
/// # Errors
/// A database of another history, one that lacks migrations which the role may not apply, and one whose
/// tables it may not use.
pub async fn migrate(pool: &PgPool) -> Result<(), DatabaseError> {
    let applied = history::applied(pool).await.map_err(DatabaseError::Look)?;
    if !history::is_current(&applied, &MIGRATIONS) {
        // Connections of the pool have timeouts.
        let without_timeouts = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(CONNECT_TIMEOUT)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SESSION_SETTINGS).execute(connection).await?;
                    Ok(())
                })
            })
            .connect_with((*pool.connect_options()).clone())
            .await
            .map_err(DatabaseError::Connect)?;
        let migrated = apply(pool, &without_timeouts).await;
        without_timeouts.close().await;
        if let Err(error) = migrated {
            return Err(explain(pool, error).await);
        }
    }
    check_rights(pool).await
}

/// Migrates while another connection holds the lock.
async fn apply(pool: &PgPool, without_timeouts: &PgPool) -> Result<(), MigrateError> {
    let mut lock = PgConnection::connect_with(&pool.connect_options()).await?;
    sqlx::raw_sql(SESSION_SETTINGS).execute(&mut lock).await?;
    while !try_lock(&mut lock).await? {
        tokio::time::sleep(LOCK_RETRY_DELAY).await;
    }
    MIGRATIONS.run(without_timeouts).await?;
    sqlx::raw_sql("commit").execute(&mut lock).await?;
    lock.close().await?;
    Ok(())
}

/// Begins a transaction that holds the lock, or ends it again.
async fn try_lock(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    // Locally, too: a pooler may have given the transaction another backend. With another isolation, which may be the
    // database's default, it would keep a snapshot.
    sqlx::raw_sql(
        "begin isolation level read committed; set local idle_in_transaction_session_timeout = 0",
    )
    .execute(&mut *connection)
    .await?;
    let locked = sqlx::raw_sql(LOCK).fetch_one(&mut *connection).await?;
    let locked: bool = sqlx::Row::try_get(&locked, 0)?;
    if !locked {
        sqlx::raw_sql("rollback").execute(connection).await?;
    }
    Ok(locked)
}

async fn explain(pool: &PgPool, error: MigrateError) -> DatabaseError {
    let cause = match &error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => Some(cause),
        _ => None,
    };
    let code = cause
        .and_then(|it| it.as_database_error())
        .and_then(sqlx::error::DatabaseError::code);
    let role = role_of(pool);
    match code.as_deref() {
        // insufficient_privilege
        Some("42501") => {
            let applied = history::applied(pool).await.unwrap_or_default();
            let missing = history::missing(&applied, &MIGRATIONS);
            DatabaseError::MayNotMigrate { role, missing }
        }
        // read_only_sql_transaction
        Some("25006") => DatabaseError::MigratesNoReadOnly { role },
        // invalid_schema_name
        Some("3F000") => DatabaseError::NoSchema { role },
        _ => history::explain(pool, &MIGRATIONS, error).await,
    }
}

async fn check_rights(pool: &PgPool) -> Result<(), DatabaseError> {
    let lacking: Option<(String, String)> = sqlx::query_as(LACKING)
        .fetch_optional(pool)
        .await
        .map_err(DatabaseError::Look)?;
    match lacking {
        None => Ok(()),
        Some((schema, tables)) => Err(DatabaseError::MissingRights {
            role: role_of(pool),
            schema,
            tables,
        }),
    }
}

fn role_of(pool: &PgPool) -> String {
    pool.connect_options().get_username().to_owned()
}
