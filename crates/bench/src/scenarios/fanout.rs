//! One message to a thousand: what a delivery costs the server, and when the last one has it.

use crate::{
    audience::{Audience, Summary},
    contender::Contender,
    error::Result,
    numbers::{Latencies, count},
    options::{Options, WARM_UP},
    results::{Results, Target},
    world::{Running, World},
};
use bench::{people::Person, usage::Meter};
use model::ConversationId;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

const LISTENERS: usize = 1000;

/// Sent at the same time, each by somebody else.
const BURST: usize = 50;

/// Commits of which one is timed.
const COMMITS: usize = 300;

/// How late the last of a thousand may have a message at half load, besides the commit.
const SPARE: f64 = 25.0;

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("fanout");
    let world = World::new(options).await?;
    let people = world
        .people
        .invite(options.connections.unwrap_or(LISTENERS))
        .await?;
    let id = world.people.group(&people).await?;
    world.people.settle().await?;
    for _ in 0..options.runs {
        let commit = commits(&world).await?;
        results.record("a commit, p99", "postgres", commit.percentile(99.0), "ms");
        for contender in Contender::ALL {
            if options.of.contains(&contender) {
                measure(&world, contender, (&people, id), options, &mut results).await?;
            }
        }
    }
    let (cost, burst) = (
        "CPU per delivery, one at a time",
        "CPU per delivery, bursts",
    );
    results.ratio(cost, "parlance", "bare", Some(Target::AtMost(1.15)));
    // Bare waits for no commit: all fifty are one write there.
    results.ratio(burst, "parlance", "bare", None);
    results.ratio(cost, "parlance", "node", Some(Target::AtMost(0.9)));
    results.ratio(burst, "parlance", "node", Some(Target::AtMost(0.5)));
    let late = results.median("the last one has it, p99", "parlance");
    let commit = results.median("a commit, p99", "postgres");
    if let (Some(late), Some(commit)) = (late, commit) {
        let name = format!("the last one has it, p99, to {SPARE} ms and a commit");
        results.ratio_of(&name, late, SPARE + commit, Some(Target::AtMost(1.0)));
    }
    for what in ["lost", "inversions"] {
        if let Some(wrong) = results.worst(what, "parlance") {
            results.ratio_of(
                &format!("{what}: parlance"),
                wrong,
                1.0,
                Some(Target::AtMost(0.0)),
            );
        }
    }
    results.finish()
}

async fn measure(
    world: &World,
    contender: Contender,
    (people, id): (&[Person], ConversationId),
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let server = world.start(contender).await?;
    let of = contender.name();
    let connections = world.connect(&server, people).await?;
    let audience = Audience::gather(connections, id, contender);
    // Until they have heard of each other's presence.
    sleep(Duration::from_secs(5)).await;
    bursts(&audience, WARM_UP).await?;

    let (each, alone) = cost(&server, &audience, async || {
        let end = Instant::now() + options.measured();
        while Instant::now() < end {
            audience.say(0).await?;
            audience.heard_all().await?;
        }
        Ok(())
    })
    .await?;
    results.record("CPU per delivery, one at a time", of, each, "µs");
    let listeners = count(people.len() as u64);
    results.record("deliveries one at a time", of, alone * listeners, "/s");

    let (each, rate) = cost(&server, &audience, async || {
        bursts(&audience, options.measured()).await
    })
    .await?;
    results.record("CPU per delivery, bursts", of, each, "µs");
    results.record("deliveries in bursts", of, rate * listeners, "/s");

    let latencies = half_load(&audience, alone / 2.0, options.measured()).await?;
    results.latencies("the last one has it", of, &latencies);
    let latencies = half_load(&audience, rate / 2.0, options.measured()).await?;
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
    results.record("lost", of, count(lost), "");
    results.record("inversions", of, count(inversions), "");
    results.record(
        "other events per delivery",
        of,
        count(others) / count(deliveries),
        "",
    );
    Ok(())
}

/// Microseconds of the server per delivery, and messages a second.
async fn cost(
    server: &Running,
    audience: &Audience,
    work: impl AsyncFnOnce() -> Result<()>,
) -> Result<(f64, f64)> {
    let (messages, start) = (audience.said(), Instant::now());
    let meter = Meter::start(server.pid());
    work().await?;
    let spent = meter.spent();
    let messages = count(audience.said() - messages);
    let deliveries = messages * count(audience.listeners() as u64);
    let rate = messages / start.elapsed().as_secs_f64();
    Ok((spent.as_secs_f64() * 1e6 / deliveries, rate))
}

/// Fifty people say something at once; when all have heard it, again.
async fn bursts(audience: &Audience, time: Duration) -> Result<()> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        for speaker in 0..BURST {
            audience.say(speaker).await?;
        }
        audience.heard_all().await?;
    }
    Ok(())
}

/// At that many messages a second, half of what was possible, by the clock: a late one makes the
/// next ones no later.
async fn half_load(audience: &Audience, rate: f64, time: Duration) -> Result<Latencies> {
    audience.forget();
    let start = Instant::now();
    for number in 0_u32.. {
        let due = start + Duration::from_secs_f64(f64::from(number) / rate);
        if due > start + time {
            break;
        }
        sleep_until(due).await;
        audience.say_due(number as usize % BURST, due).await?;
    }
    audience.heard_all().await?;
    Ok(audience.latencies())
}

/// What a lone commit of one row takes here.
async fn commits(world: &World) -> Result<Latencies> {
    let pool = &world.people.pool;
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
