//! The database: the connection pool, and the migrations.

mod address;
mod error;
pub(crate) mod failure;
mod foreign;
pub(crate) mod freshness;
mod history;
mod hosts;
mod migrate;
mod server;

use address::Address;
use sqlx::Connection as _;
use sqlx::postgres::{PgPool, PgPoolOptions};
use std::time::Duration;

pub use error::DatabaseError;
pub use foreign::{ForeignDatabase, ForeignTable};
pub use migrate::migrate;

/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that was idle for less than this time is not pinged before its use, since a ping is
/// a round trip and costs as much as a small query. If it is broken, the query fails as if the
/// connection had been lost during it.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);

/// Timeouts of each session, so that a client that was lost does not hold a row lock forever; and the
/// isolation that the statements are written for, as the role or the database may have another default.
const SESSION_SETTINGS: &str = "SET statement_timeout = '30s'; \
     SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '30s'; \
     SET default_transaction_isolation = 'read committed'";

/// Opens a pool of 1 connection or more, at the first host of the address that can be used. Waits some
/// seconds for a database that is still starting.
///
/// # Errors
/// An address that cannot be read or reached, and a server that cannot serve a chat (`server::check`).
pub async fn connect(url: &str, max_connections: u32) -> Result<PgPool, DatabaseError> {
    let address: Address = url.parse()?;
    let (options, mut connection) = hosts::first(&address).await?;
    server::check(&mut connection, &options).await?;
    let pool = PgPoolOptions::new()
        .max_connections(max_connections.max(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, used| {
            Box::pin(async move {
                if !freshness::is_fresh(used.age) {
                    return Ok(false);
                }
                if used.idle_for > PING_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| {
            // Not in the startup packet: PgBouncer refuses one with settings that it does not know.
            Box::pin(async move {
                sqlx::raw_sql(SESSION_SETTINGS).execute(connection).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options);
    if address.hosts.len() > 1 {
        tokio::spawn(hosts::follow(pool.clone(), address, connection));
    } else {
        // It has served; whether it says goodbye in order is of no consequence.
        let _ = connection.close().await;
    }
    Ok(pool)
}
