//! The database: the connection pool, and the migrations.

mod error;
mod foreign;
mod history;

use std::str::FromStr;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

pub use error::DatabaseError;
pub use foreign::{ForeignDatabase, ForeignTable};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// How long a caller waits for a free connection, and the server at its start for the database.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that was idle for less than this time is not pinged before its use, since a ping is
/// a round trip and costs as much as a small query. If it is broken, the query fails as if the
/// connection had been lost during it.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);

/// Timeouts of each session, so that a client that was lost does not hold a row lock forever.
const SESSION_LIMITS: &str = "SET statement_timeout = '30s'; \
     SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '30s'";

/// Opens a pool. Waits up to `ACQUIRE_TIMEOUT` for a database that is still starting.
pub async fn connect(url: &str, max_connections: u32) -> Result<PgPool, DatabaseError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(DatabaseError::Url)?
        .application_name("parlance");
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, used| {
            Box::pin(async move {
                if used.idle_for > PING_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| {
            // Not in the startup packet: PgBouncer refuses one with settings that it does not know.
            Box::pin(async move {
                sqlx::raw_sql(SESSION_LIMITS).execute(connection).await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await
        .map_err(DatabaseError::Connect)
}

/// Applies the migrations that the database does not have. Nodes that start together take turns: the
/// migrator holds an advisory lock meanwhile.
pub async fn migrate(pool: &PgPool) -> Result<(), DatabaseError> {
    // Connections of the pool have timeouts, which a migration, or waiting for that of another node,
    // may exceed.
    let without_timeouts = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with((*pool.connect_options()).clone())
        .await
        .map_err(DatabaseError::Connect)?;
    let migrated = match MIGRATIONS.run(&without_timeouts).await {
        Ok(()) => Ok(()),
        Err(error) => Err(history::explain(&without_timeouts, &MIGRATIONS, error).await),
    };
    without_timeouts.close().await;
    migrated
}
