//! Scenario `fanout`, one message to a thousand connections: CPU time of a delivery, and the time
//! until the last connection has it.

use crate::{
    audience::{Audience, Summary},
    env::{BenchEnv, RunningServer},
    error::Result,
    options::{Options, WARM_UP},
    results::{Results, Threshold},
    stats::{Latencies, as_f64},
    target::SystemUnderTest,
};
use bench::{process_stats::CpuMeter, seed::SeededUser};
use model::ConversationId;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

const RECEIVERS: usize = 1000;

/// Messages of a burst, each from another sender.
const BURST_SENDERS: usize = 50;

/// Number of timed commits.
const COMMITS: usize = 300;

/// Allowed p99 of the last delivery at half load, in milliseconds, in addition to the p99 of a
/// commit.
const ALLOWANCE_MS: f64 = 25.0;

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("fanout");
    let env = BenchEnv::new(options).await?;
    let users = env
        .seeder
        .create_users(options.connections.unwrap_or(RECEIVERS))
        .await?;
    let id = env.seeder.create_group(&users).await?;
    env.seeder.vacuum_and_checkpoint().await?;
    for _ in 0..options.runs {
        let commit = commits(&env).await?;
        results.record("a commit, p99", "postgres", commit.percentile(99.0), "ms");
        for system in SystemUnderTest::ALL {
            if options.of.contains(&system) {
                measure(&env, system, (&users, id), options, &mut results).await?;
            }
        }
    }
    let (cost, burst) = (
        "CPU per delivery, one at a time",
        "CPU per delivery, bursts",
    );
    results.ratio(cost, "parlance", "bare", Some(Threshold::AtMost(1.15)));
    // Bare socketioxide waits for no commit: it writes all fifty at once.
    results.ratio(burst, "parlance", "bare", None);
    results.ratio(cost, "parlance", "node", Some(Threshold::AtMost(0.9)));
    results.ratio(burst, "parlance", "node", Some(Threshold::AtMost(0.5)));
    let last = results.median("the last one has it, p99", "parlance");
    let commit = results.median("a commit, p99", "postgres");
    if let (Some(last), Some(commit)) = (last, commit) {
        let name = format!("the last one has it, p99, to {ALLOWANCE_MS} ms and a commit");
        results.ratio_of(
            &name,
            last,
            ALLOWANCE_MS + commit,
            Some(Threshold::AtMost(1.0)),
        );
    }
    for what in ["lost", "inversions"] {
        if let Some(failures) = results.worst(what, "parlance") {
            results.ratio_of(
                &format!("{what}: parlance"),
                failures,
                1.0,
                Some(Threshold::AtMost(0.0)),
            );
        }
    }
    results.finish()
}

async fn measure(
    env: &BenchEnv,
    system: SystemUnderTest,
    (users, id): (&[SeededUser], ConversationId),
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let server = env.start(system).await?;
    let of = system.name();
    let connections = env.connect(&server, users).await?;
    let audience = Audience::spawn(connections, id, system.protocol());
    // Until the presence events of the connecting are delivered.
    sleep(Duration::from_secs(5)).await;
    bursts(&audience, WARM_UP).await?;

    let (per_delivery, one_at_a_time) = cost(&server, &audience, async || {
        one_at_a_time(&audience, options.measured()).await
    })
    .await?;
    results.record("CPU per delivery, one at a time", of, per_delivery, "µs");
    let receivers = as_f64(users.len() as u64);
    results.record(
        "deliveries one at a time",
        of,
        one_at_a_time * receivers,
        "/s",
    );

    let (per_delivery, burst_rate) = cost(&server, &audience, async || {
        bursts(&audience, options.measured()).await
    })
    .await?;
    results.record("CPU per delivery, bursts", of, per_delivery, "µs");
    results.record("deliveries in bursts", of, burst_rate * receivers, "/s");

    let latencies = half_load(&audience, one_at_a_time / 2.0, options.measured()).await?;
    results.latencies("the last one has it", of, &latencies);
    let latencies = half_load(&audience, burst_rate / 2.0, options.measured()).await?;
    results.latencies(
        "the last one has it, half of the bursts' rate",
        of,
        &latencies,
    );
    let Summary {
        lost,
        inversions,
        others,
        deliveries,
    } = audience.summary();
    results.record("lost", of, as_f64(lost), "");
    results.record("inversions", of, as_f64(inversions), "");
    results.record(
        "other events per delivery",
        of,
        as_f64(others) / as_f64(deliveries),
        "",
    );
    Ok(())
}

/// CPU time of the server per delivery in microseconds, and messages per second.
pub async fn cost(
    server: &RunningServer,
    audience: &Audience,
    work: impl AsyncFnOnce() -> Result<()>,
) -> Result<(f64, f64)> {
    let (messages, start) = (audience.sent(), Instant::now());
    let meter = CpuMeter::start(server.pid());
    work().await?;
    let spent = meter.spent();
    let messages = as_f64(audience.sent() - messages);
    let deliveries = messages * as_f64(audience.receivers() as u64);
    let burst_rate = messages / start.elapsed().as_secs_f64();
    Ok((spent.as_secs_f64() * 1e6 / deliveries, burst_rate))
}

/// Sends a message, waits for its deliveries, and repeats.
pub async fn one_at_a_time(audience: &Audience, time: Duration) -> Result<()> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        audience.send(0).await?;
        audience.wait_delivered().await?;
    }
    Ok(())
}

/// Sends from fifty connections at once, waits for the deliveries, and repeats.
pub async fn bursts(audience: &Audience, time: Duration) -> Result<()> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        for sender in 0..BURST_SENDERS {
            audience.send(sender).await?;
        }
        audience.wait_delivered().await?;
    }
    Ok(())
}

/// Open-loop load at that many messages per second: a late message does not delay the next ones.
async fn half_load(audience: &Audience, rate: f64, time: Duration) -> Result<Latencies> {
    audience.reset_latencies();
    let start = Instant::now();
    for number in 0_u32.. {
        let due = start + Duration::from_secs_f64(f64::from(number) / rate);
        if due > start + time {
            break;
        }
        sleep_until(due).await;
        audience
            .send_due(number as usize % BURST_SENDERS, due)
            .await?;
    }
    audience.wait_delivered().await?;
    Ok(audience.latencies())
}

/// Latency of a single-row commit on this machine.
async fn commits(env: &BenchEnv) -> Result<Latencies> {
    let pool = &env.seeder.pool;
    sqlx::raw_sql(
        "create table if not exists commits (id bigint generated always as identity primary key)",
    )
    .execute(pool)
    .await?;
    let mut latencies = Latencies::default();
    for _ in 0..COMMITS {
        let start = Instant::now();
        sqlx::query("insert into commits default values")
            .execute(pool)
            .await?;
        latencies.record(start.elapsed());
    }
    Ok(latencies)
}
