//! Scenario `write`, the write path alone: sends in process, against raw inserts of pgbench on the
//! same Postgres.

use crate::{
    closed_loop::Window,
    env::BenchEnv,
    error::{Error, Result},
    in_process::{InProcess, caller},
    options::{Options, WARM_UP},
    payload::BODY,
    pgbench,
    results::{Results, Threshold},
    stats::{Latencies, as_f64},
};
use bench::seed::SeededUser;
use chat::{Caller, Chat};
use model::{ConversationId, NewMessage};
use std::time::Duration;
use tokio::{task::JoinSet, time::Instant};

const SENDERS: usize = 32;
const MEMBERS: usize = 8;

/// Default pool size of the server.
const DATABASE_CONNECTIONS: u32 = 20;

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("write");
    let env = BenchEnv::new(options).await?;
    let mut spread = Vec::new();
    for _ in 0..SENDERS {
        let users = env.seeder.create_users(MEMBERS).await?;
        spread.push((users[0], env.seeder.create_group(&users).await?));
    }
    let users = env.seeder.create_users(SENDERS).await?;
    let id = env.seeder.create_group(&users).await?;
    let hot = users.into_iter().map(|user| (user, id)).collect();
    pgbench::prepare(&env).await?;
    for _ in 0..options.runs {
        for table in pgbench::TABLES {
            env.seeder.vacuum_and_checkpoint().await?;
            let rate = pgbench::inserts_per_second(&env, table, SENDERS, options).await?;
            results.record("inserts", table, rate, "/s");
        }
        for (name, senders) in [("spread", &spread), ("hot", &hot)] {
            measure(&env, name, senders, options, &mut results).await?;
        }
    }
    for (name, minimum) in [("spread", 1.0), ("hot", 0.8)] {
        for table in pgbench::TABLES {
            let sends = results.median(name, "parlance");
            let inserts = results.median("inserts", table);
            if let (Some(sends), Some(inserts)) = (sends, inserts) {
                let name = format!("{name}: parlance to inserts, {table}");
                results.ratio_of(&name, sends, inserts, Some(Threshold::AtLeast(minimum)));
            }
        }
    }
    results.finish()
}

async fn measure(
    env: &BenchEnv,
    name: &str,
    senders: &[(SeededUser, ConversationId)],
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    env.seeder.vacuum_and_checkpoint().await?;
    let parlance = InProcess::open(env, DATABASE_CONNECTIONS).await?;
    let window = Window::after(WARM_UP, options.measured());
    let syncs = pgbench::wal_syncs(env).await?;
    let mut tasks = JoinSet::new();
    for (number, (user, id)) in senders.iter().enumerate() {
        tasks.spawn(send(
            parlance.chat.clone(),
            caller(user),
            *id,
            number,
            window,
        ));
    }
    let mut latencies = Latencies::default();
    let mut sent_total = 0;
    while let Some(finished) = tasks.join_next().await {
        let (counted, number) = finished??;
        latencies.add(&counted);
        sent_total += number;
    }
    // Postgres publishes its statistics with a delay of about a second.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let syncs = pgbench::wal_syncs(env).await? - syncs;
    parlance.close().await;
    let seconds = options.measured().as_secs_f64();
    results.record(
        name,
        "parlance",
        as_f64(latencies.count()) / seconds,
        "sends/s",
    );
    let each = as_f64(sent_total) / syncs.max(1.0);
    results.record(&format!("{name}, sends per sync"), "parlance", each, "");
    results.latencies(&format!("{name}, written after"), "parlance", &latencies);
    Ok(())
}

async fn send(
    chat: Chat,
    caller: Caller,
    id: ConversationId,
    number: usize,
    window: Window,
) -> Result<(Latencies, u64)> {
    let run: u32 = rand::random();
    let mut latencies = Latencies::default();
    for nth in 1.. {
        let new = NewMessage {
            body: BODY.to_owned(),
            client_id: Some(format!("{run:x}-{number}-{nth}")),
            ..NewMessage::default()
        };
        let start = Instant::now();
        chat.send_message(&caller, id, new).await?;
        let end = Instant::now();
        if end >= window.until {
            return Ok((latencies, nth));
        }
        if start >= window.from {
            latencies.record(end - start);
        }
    }
    Err(Error::wrong("too many sends"))
}
