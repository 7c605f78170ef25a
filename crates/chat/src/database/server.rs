//! What the server must be like: its version, the database's encoding and locale, and what a pooler
//! before it keeps. Asked once, at the start.

use super::error::{DatabaseError, MIN_MAJOR};
use sqlx::{Connection as _, PgConnection, Row, postgres::PgConnectOptions};
use std::time::Duration;
use tokio::time::timeout;

/// A pooler with one connection lets a second transaction wait for the first. Two that wait this
/// long for each other have met such a one.
const POOLER_TIMEOUT: Duration = Duration::from_secs(2);

/// All by the simple protocol, without prepared statements, which a pooler may lose. `SQL_ASCII` and
/// single-byte encodings would refuse the letters of the second query, hence two.
const SETTINGS: &str = "select current_setting('server_version'), current_setting('server_version_num'), \
     current_database()::text, current_setting('server_encoding')";
const FOLDED: &str = "select lower('ÄΣЖ')";

/// Refuses a server that cannot serve a chat, with what to do about it.
pub async fn check(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<(), DatabaseError> {
    let row = sqlx::raw_sql(SETTINGS).fetch_one(&mut *connection).await;
    let row = row.map_err(DatabaseError::Look)?;
    let [found, number, name, encoding] = texts(&row).map_err(DatabaseError::Look)?;
    // 150018 is 15.18.
    let major = number.parse::<u32>().map_or(0, |number| number / 10_000);
    if major < MIN_MAJOR {
        return Err(DatabaseError::TooOld { found });
    }
    if encoding != "UTF8" {
        return Err(DatabaseError::Encoding { name, encoding });
    }
    let row = sqlx::raw_sql(FOLDED).fetch_one(&mut *connection).await;
    let folded = row.and_then(|row| row.try_get::<String, _>(0));
    let folded = folded.map_err(DatabaseError::Look)?;
    if folded != "äσж" {
        let folded = folded.chars().take(1).collect();
        return Err(DatabaseError::FoldsNoCase { name, folded });
    }
    check_pooler(options).await
}

/// Refuses a pooler that gives each transaction another backend and does not keep prepared
/// statements.
async fn check_pooler(options: &PgConnectOptions) -> Result<(), DatabaseError> {
    let (mut one, mut other) = open_two(options).await?;
    match timeout(POOLER_TIMEOUT, share_backends(&mut one, &mut other)).await {
        Ok(Ok(false)) => {
            let closed = (one.close().await, other.close().await);
            return closed.0.and(closed.1).map_err(DatabaseError::Look);
        }
        Ok(Ok(true)) | Err(_) => {}
        Ok(Err(error)) => return Err(DatabaseError::Look(error)),
    }
    // These may still be in a transaction.
    drop((one, other));
    let (mut one, mut other) = open_two(options).await?;
    for _ in 0..3 {
        for (connection, n) in [(&mut one, 1_i32), (&mut other, 2)] {
            let kept = sqlx::query("select $1::int").bind(n).execute(connection);
            kept.await.map_err(DatabaseError::PreparedStatements)?;
        }
    }
    tracing::info!(
        "a pooler before Postgres gives each transaction another connection; it keeps prepared statements"
    );
    Ok(())
}

async fn open_two(
    options: &PgConnectOptions,
) -> Result<(PgConnection, PgConnection), DatabaseError> {
    let one = PgConnection::connect_with(options).await;
    let other = PgConnection::connect_with(options).await;
    let one = one.map_err(DatabaseError::Connect)?;
    Ok((one, other.map_err(DatabaseError::Connect)?))
}

/// Whether two connections are served by the same backends in turn: a pooler's transaction mode.
async fn share_backends(
    one: &mut PgConnection,
    other: &mut PgConnection,
) -> Result<bool, sqlx::Error> {
    // Both backends are free afterwards, and a pooler gives out either of them.
    sqlx::raw_sql("begin").execute(&mut *one).await?;
    sqlx::raw_sql("begin").execute(&mut *other).await?;
    let pids = [backend(one).await?, backend(other).await?];
    sqlx::raw_sql("commit").execute(&mut *one).await?;
    sqlx::raw_sql("commit").execute(&mut *other).await?;
    for _ in 0..3 {
        if backend(one).await? != pids[0] {
            return Ok(true);
        }
    }
    Ok(backend(other).await? != pids[1])
}

async fn backend(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    let query = sqlx::raw_sql("select pg_backend_pid()::text");
    query.fetch_one(connection).await?.try_get(0)
}

fn texts<const N: usize>(row: &sqlx::postgres::PgRow) -> Result<[String; N], sqlx::Error> {
    let mut texts = [const { String::new() }; N];
    for (index, text) in texts.iter_mut().enumerate() {
        *text = row.try_get(index)?;
    }
    Ok(texts)
}

/// Whether this server takes writes.
pub async fn is_writable(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let query = sqlx::raw_sql("select current_setting('transaction_read_only')");
    let value: String = query.fetch_one(connection).await?.try_get(0)?;
    Ok(value == "off")
}
