//! The way to Postgres: a pool, and the schema brought up to date.

mod error;
mod history;

use std::str::FromStr;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

pub use error::DatabaseError;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// How long a caller waits for a free connection, and a starting server for its database.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that was used a moment ago is there, or fails as one would that went away during a
/// query; to ask each time whether it is takes as long as a small query.
const FRESH: Duration = Duration::from_secs(1);

/// What a session may take before Postgres ends it: a lost client must not hold a row's lock for ever.
const SESSION_LIMITS: &str = "SET statement_timeout = '30s'; \
     SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '30s'";

/// Opens a pool, and waits up to ten seconds for a database that is still starting.
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
                if used.idle_for > FRESH {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| {
            // Not in the startup packet, which PgBouncer refuses when it holds settings.
            Box::pin(async move {
                sqlx::raw_sql(SESSION_LIMITS).execute(connection).await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await
        .map_err(DatabaseError::Connect)
}

/// Applies what is missing of `migrations/`. Nodes that start together take turns: the migrator
/// holds an advisory lock of this database meanwhile.
pub async fn migrate(pool: &PgPool) -> Result<(), DatabaseError> {
    // Not on the pool's own connections: a migration, or waiting for another node's, may take long.
    let unlimited = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with((*pool.connect_options()).clone())
        .await
        .map_err(DatabaseError::Connect)?;
    let migrated = match MIGRATIONS.run(&unlimited).await {
        Ok(()) => Ok(()),
        Err(error) => Err(history::explain(&unlimited, &MIGRATIONS, error).await),
    };
    unlimited.close().await;
    migrated
}
