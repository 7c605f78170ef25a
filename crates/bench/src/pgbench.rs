//! What Postgres itself can do: single-row inserts of pgbench, each its own transaction.

use crate::{
    error::{Error, Result},
    options::{Options, WARM_UP},
    senders::BODY,
    world::World,
};
use std::{fs, process::Stdio};
use tokio::process::Command;

/// A bare table with a primary key, and one with all that `messages` has but its foreign keys.
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

pub async fn prepare(world: &World) -> Result<()> {
    sqlx::raw_sql(CREATE).execute(&world.people.pool).await?;
    Ok(())
}

/// How many inserts a second.
pub async fn inserts(world: &World, table: &str, clients: usize, options: &Options) -> Result<f64> {
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
    let path = world.folder().join(format!("{table}.sql"));
    fs::write(&path, script)?;
    let warm_up = WARM_UP.as_secs().to_string();
    run(world, &path, clients, &warm_up).await?;
    run(world, &path, clients, &options.seconds.to_string()).await
}

async fn run(
    world: &World,
    script: &std::path::Path,
    clients: usize,
    seconds: &str,
) -> Result<f64> {
    let (socket, port) = world.postgres.socket();
    let mut command = Command::new(world.postgres.programs().join("pgbench"));
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
    let said = String::from_utf8_lossy(&output.stdout);
    rate(&said).ok_or_else(|| {
        let error = String::from_utf8_lossy(&output.stderr);
        Error::wrong(format!("pgbench failed: {said}{error}"))
    })
}

/// Without the time that connecting took.
fn rate(said: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How often the log has been synced to the disk.
pub async fn syncs(world: &World) -> Result<f64> {
    let syncs = sqlx::query_scalar("select wal_sync::float8 from pg_stat_wal");
    Ok(syncs.fetch_one(&world.people.pool).await?)
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn the_rate_is_found() {
        let said = "number of clients: 32\ntps = 1234.56 (without initial connection time)\n";
        assert_eq!(rate(said), Some(1234.56));
        assert_eq!(rate("FATAL: no"), None);
    }
}
