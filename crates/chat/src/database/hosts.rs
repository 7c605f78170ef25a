//! The choice among the hosts of an address, at the start and after a failover.

use super::{
    address::{Address, place},
    error::{Attempt, DatabaseError, Unusable},
    failure::is_transient,
    freshness::discard_connections,
    server::is_writable,
};
use sqlx::{
    Connection as _, PgConnection,
    postgres::{PgConnectOptions, PgPool},
};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// A host that does not answer for this long is passed over.
const HOST_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the start waits for a database that is still starting.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two attempts at all hosts.
const RETRY_DELAY: Duration = Duration::from_millis(250);
/// Between two looks whether the chosen host still takes writes.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// The first host that can be used, and a connection to it. Waits for up to `START_TIMEOUT` while the
/// failures may pass, and says at once what it waits for.
pub async fn first(address: &Address) -> Result<(PgConnectOptions, PgConnection), DatabaseError> {
    let deadline = Instant::now() + START_TIMEOUT;
    let mut told = false;
    loop {
        let attempts = match choose(address).await {
            Ok(chosen) => return Ok(chosen),
            Err(attempts) => attempts,
        };
        let failed = DatabaseError::Unreachable(attempts);
        if !may_pass(&failed) || Instant::now() > deadline {
            return Err(failed);
        }
        if !told {
            told = true;
            tracing::warn!("{failed}; trying again for {} s", START_TIMEOUT.as_secs());
        }
        sleep(RETRY_DELAY).await;
    }
}

/// Keeps the pool at the host that takes writes, until the pool is closed.
pub async fn follow(pool: PgPool, address: Address, chosen: PgConnection) {
    let mut watched = Some(chosen);
    while !pool.is_closed() {
        sleep(WATCH_INTERVAL).await;
        let is_good = match &mut watched {
            Some(connection) => {
                matches!(
                    timeout(HOST_TIMEOUT, is_writable(connection)).await,
                    Ok(Ok(true))
                )
            }
            None => false,
        };
        if is_good {
            continue;
        }
        watched = None;
        match choose(&address).await {
            Ok((options, connection)) => {
                tracing::warn!("the database is now at {}", place(&options));
                pool.set_connect_options(options);
                discard_connections();
                watched = Some(connection);
            }
            Err(attempts) => {
                let error = DatabaseError::Unreachable(attempts);
                tracing::error!(%error, "no host of the database can be used; trying again");
            }
        }
    }
}

/// The first host of the list that can be used now.
async fn choose(address: &Address) -> Result<(PgConnectOptions, PgConnection), Vec<Attempt>> {
    let mut attempts = Vec::new();
    for options in &address.hosts {
        let reason = match timeout(HOST_TIMEOUT, open(options, address.must_be_writable)).await {
            Ok(Ok(connection)) => return Ok((options.clone(), connection)),
            Ok(Err(reason)) => reason,
            Err(_) => Unusable::Silent(HOST_TIMEOUT.as_secs()),
        };
        attempts.push(Attempt {
            place: place(options),
            reason,
        });
    }
    Err(attempts)
}

async fn open(options: &PgConnectOptions, must_write: bool) -> Result<PgConnection, Unusable> {
    let connection = PgConnection::connect_with(options).await;
    let mut connection = connection.map_err(Unusable::Failed)?;
    if must_write
        && !is_writable(&mut connection)
            .await
            .map_err(Unusable::Failed)?
    {
        return Err(Unusable::ReadOnly);
    }
    Ok(connection)
}

/// Whether waiting may help: at one host or another something is starting or switching over. A
/// password that is refused and a database that is missing stay so.
fn may_pass(failed: &DatabaseError) -> bool {
    let DatabaseError::Unreachable(attempts) = failed else {
        return false;
    };
    attempts.iter().any(|attempt| match &attempt.reason {
        Unusable::Silent(_) | Unusable::ReadOnly => true,
        Unusable::Failed(error) => {
            let code = error
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code);
            let stays = code.is_some_and(|code| code.starts_with("28") || code == "3D000");
            let is_tls = matches!(error, sqlx::Error::Tls(_));
            is_transient(error) && !stays && !is_tls
        }
    })
}
