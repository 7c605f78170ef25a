//! Scenario `idle`: memory of thousands of idle connections.

use crate::{
    env::BenchEnv,
    error::Result,
    options::Options,
    results::{Results, Threshold},
    stats::as_f64,
    target::SystemUnderTest,
};
use bench::{
    client::Connection,
    process_stats::{Memory, memory},
    seed::SeededUser,
};
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

const CONNECTIONS: usize = 5000;

/// Connections before the measurement, closed again: allocations that a server makes once do not
/// count. Few, because the memory that they leave behind is used again.
const WARM_UP_CONNECTIONS: usize = 50;

/// Members of each group; every user is in one.
const MEMBERS: usize = 100;

/// Longer than the heartbeat interval of every system.
const IDLE_TIME: Duration = Duration::from_secs(35);

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("idle");
    let env = BenchEnv::new(options).await?;
    let users = env
        .seeder
        .create_users(options.connections.unwrap_or(CONNECTIONS))
        .await?;
    for members in users.chunks(MEMBERS) {
        env.seeder.create_group(members).await?;
    }
    env.seeder.vacuum_and_checkpoint().await?;
    for _ in 0..options.runs {
        for system in SystemUnderTest::ALL {
            if options.of.contains(&system) {
                measure(&env, system, &users, &mut results).await?;
            }
        }
    }
    let what = "RSS per connection";
    results.ratio(what, "parlance", "bare", Some(Threshold::AtMost(1.15)));
    results.ratio(what, "parlance", "node", None);
    results.finish()
}

async fn measure(
    env: &BenchEnv,
    system: SystemUnderTest,
    users: &[SeededUser],
    results: &mut Results,
) -> Result<()> {
    let server = env.start(system).await?;
    let of = system.name();
    let first = users.len().min(WARM_UP_CONNECTIONS);
    let warm_up = env.connect(&server, &users[..first]).await?;
    drop(keep_alive(warm_up, Duration::from_secs(3)).await?);
    sleep(Duration::from_secs(5)).await;
    let before = memory(server.pid());
    let connections = env.connect(&server, users).await?;
    let connected = memory(server.pid());
    let connections = keep_alive(connections, IDLE_TIME).await?;
    let idle = memory(server.pid());
    drop(connections);
    sleep(Duration::from_secs(5)).await;
    let gone = memory(server.pid());
    let number = as_f64(users.len() as u64);
    let each = |now: Memory| (as_f64(now.rss) - as_f64(before.rss)) / number;
    results.record(
        "RSS per connection, just connected",
        of,
        each(connected),
        "kB",
    );
    results.record("RSS per connection", of, each(idle), "kB");
    let pss = (as_f64(idle.pss) - as_f64(before.pss)) / number;
    results.record("PSS per connection", of, pss, "kB");
    results.record("RSS before", of, as_f64(before.rss) / 1024.0, "MB");
    results.record("RSS with all", of, as_f64(idle.rss) / 1024.0, "MB");
    results.record(
        "RSS after they have gone",
        of,
        as_f64(gone.rss) / 1024.0,
        "MB",
    );
    Ok(())
}

/// Answers heartbeats for that time, and nothing else.
async fn keep_alive(connections: Vec<Connection>, time: Duration) -> Result<Vec<Connection>> {
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        tasks.spawn(async move {
            let receiving = async {
                loop {
                    if let Err(problem) = connection.next().await {
                        break problem;
                    }
                }
            };
            match timeout(time, receiving).await {
                Ok(problem) => Err(problem),
                Err(_) => Ok(connection),
            }
        });
    }
    let mut kept = Vec::new();
    while let Some(connection) = tasks.join_next().await {
        kept.push(connection??);
    }
    Ok(kept)
}
