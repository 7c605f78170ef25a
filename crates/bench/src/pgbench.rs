//! Baseline of Postgres: single-row inserts of pgbench, each its own transaction.

use crate::{
    env::BenchEnv,
    error::{Error, Result},
    options::{Options, WARM_UP},
    payload::BODY,
};
use std::{fs, process::Stdio};
use tokio::process::Command;

/// A bare table with a primary key, and one with everything that `messages` has except foreign
/// keys.
pub const TABLES: [&str; 2] = ["raw", "raw-indexed"];

const CREATE: &str = r#"
    create table "raw" (
        id bigint generated always as identity primary key,
        conversation_id bigint not null,
        sender_id bigint not null,
        body text not null,
        created_at timestamptz not null default now()
    );
    create table "raw-indexed" (like messages including all);
    create sequence places cache 1;
"#;

pub async fn prepare(env: &BenchEnv) -> Result<()> {
    sqlx::raw_sql(CREATE).execute(&env.seeder.pool).await?;
    Ok(())
}

/// Measures inserts per second, after a warm-up.
pub async fn inserts_per_second(
    env: &BenchEnv,
    table: &str,
    clients: usize,
    options: &Options,
) -> Result<f64> {
    let insert = match table {
        "raw" => format!(
            r#"insert into "raw" (conversation_id, sender_id, body) values (:conversation, :client_id, '{BODY}');"#
        ),
        _ => format!(
            r#"insert into "raw-indexed" (conversation_id, position, created_seq, seq, sender_id, body, client_id)
            select :conversation, place, place, place, :client_id, '{BODY}', 'pgbench-' || place from nextval('places') place;"#
        )
        .replace('\n', " "),
    };
    let script = format!("\\set conversation random(1, {clients})\n{insert}\n");
    let path = env.folder().join(format!("{table}.sql"));
    fs::write(&path, script)?;
    let warm_up = WARM_UP.as_secs().to_string();
    run(env, &path, clients, &warm_up).await?;
    run(env, &path, clients, &options.seconds.to_string()).await
}

async fn run(
    env: &BenchEnv,
    script: &std::path::Path,
    clients: usize,
    seconds: &str,
) -> Result<f64> {
    let (socket, port) = env.postgres.socket();
    let mut command = Command::new(env.postgres.programs().join("pgbench"));
    command
        .arg("--host")
        .arg(socket)
        .args(["--port", &port.to_string(), "--username=parlance"])
        .args(["--client", &clients.to_string(), "--jobs=2"])
        .args(["--time", seconds, "--no-vacuum", "--protocol=prepared"])
        .arg("--file")
        .arg(script)
        .arg("parlance")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    transactions_per_second(&stdout).ok_or_else(|| {
        let error = String::from_utf8_lossy(&output.stderr);
        Error::wrong(format!("pgbench failed: {stdout}{error}"))
    })
}

/// Reads the rate that excludes the time of connecting.
fn transactions_per_second(stdout: &str) -> Option<f64> {
    let line = stdout
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Number of syncs of the write-ahead log so far.
pub async fn wal_syncs(env: &BenchEnv) -> Result<f64> {
    let wal_syncs = sqlx::query_scalar("select wal_sync::float8 from pg_stat_wal");
    Ok(wal_syncs.fetch_one(&env.seeder.pool).await?)
}

#[cfg(test)]
mod tests {
    use super::transactions_per_second;

    #[test]
    fn the_rate_is_found() {
        let stdout = "number of clients: 32\ntps = 1234.56 (without initial connection time)\n";
        assert_eq!(transactions_per_second(stdout), Some(1234.56));
        assert_eq!(transactions_per_second("FATAL: no"), None);
    }
}
