//! Scenario `reconnect`: thousands of connections are cut at once and reconnect at once.

use crate::{
    env::{BenchEnv, RunningServer},
    error::Result,
    options::Options,
    results::{Results, Threshold},
    stats::{Latencies, as_f64},
    target::SystemUnderTest,
};
use bench::{
    client::{ClientError, Connection, Endpoint},
    process_stats::{CpuMeter, memory, peak},
    seed::SeededUser,
};
use rand::seq::SliceRandom;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Barrier,
    task::JoinSet,
    time::{Instant, sleep},
};

const CONNECTIONS: usize = 5000;

/// Each user is in so many groups of so many members.
const GROUPS: usize = 5;
const MEMBERS: usize = 100;

/// Mean delay after the first failure. It grows with each failure, up to eight times.
const RETRY_DELAY: Duration = Duration::from_millis(250);

/// A client that has not reconnected within this time gives up.
const RECONNECT_TIMEOUT: Duration = Duration::from_mins(1);

/// How the clients reconnect.
#[derive(Clone, Copy)]
struct ReconnectMode {
    name: &'static str,
    /// The first attempt comes at a random moment within this time.
    jitter: Duration,
    /// Whether the server is killed and restarted.
    restarts_server: bool,
}

const RECONNECT_MODES: [ReconnectMode; 3] = [
    ReconnectMode {
        name: "all at once",
        jitter: Duration::ZERO,
        restarts_server: false,
    },
    ReconnectMode {
        name: "with jitter",
        jitter: Duration::from_secs(1),
        restarts_server: false,
    },
    ReconnectMode {
        name: "after a restart",
        jitter: Duration::ZERO,
        restarts_server: true,
    },
];

struct Reconnection {
    connection: Option<Connection>,
    elapsed: Duration,
    failures: u64,
    last_error: Option<String>,
}

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("reconnect");
    let env = BenchEnv::new(options).await?;
    let users = env
        .seeder
        .create_users(options.connections.unwrap_or(CONNECTIONS))
        .await?;
    let mut shuffled = users.clone();
    for _ in 0..GROUPS {
        shuffled.shuffle(&mut rand::rng());
        for members in shuffled.chunks(MEMBERS) {
            env.seeder.create_group(members).await?;
        }
    }
    env.seeder.vacuum_and_checkpoint().await?;
    for _ in 0..options.runs {
        for system in [SystemUnderTest::Parlance, SystemUnderTest::Node] {
            if options.of.contains(&system) {
                measure(&env, system, &users, &mut results).await?;
            }
        }
    }
    for mode in RECONNECT_MODES {
        let what = format!("{}: all are back after", mode.name);
        results.ratio(&what, "parlance", "node", Some(Threshold::AtMost(0.5)));
        let failures = results.worst(&format!("{}: failures", mode.name), "parlance");
        if let (Some(failures), false) = (failures, mode.restarts_server) {
            let name = format!("{}: failures: parlance", mode.name);
            results.ratio_of(&name, failures, 1.0, Some(Threshold::AtMost(0.0)));
        }
    }
    results.finish()
}

async fn measure(
    env: &BenchEnv,
    system: SystemUnderTest,
    users: &[SeededUser],
    results: &mut Results,
) -> Result<()> {
    let mut server = env.start(system).await?;
    let of = system.name();
    let fresh = memory(server.pid()).rss;
    let mut connections = env.connect(&server, users).await?;
    drain_until_idle(&server, &mut connections).await;
    let before = memory(server.pid()).rss;
    for mode in RECONNECT_MODES {
        let tokens = tokens(env, users)?;
        drop(std::mem::take(&mut connections));
        if mode.restarts_server {
            server.0.kill();
            server.0.start().await?;
        }
        let meter = CpuMeter::start(server.pid());
        let reconnections = reconnect_all(server.endpoint(), tokens, mode.jitter).await?;
        let spent = meter.spent();
        let name = mode.name;
        let elapsed = reconnections
            .iter()
            .map(|it| it.elapsed)
            .max()
            .unwrap_or_default();
        results.record(
            &format!("{name}: all are back after"),
            of,
            elapsed.as_secs_f64(),
            "s",
        );
        let mut latencies = Latencies::default();
        for it in &reconnections {
            latencies.record(it.elapsed);
        }
        results.latencies(&format!("{name}: back after"), of, &latencies);
        let failures = reconnections.iter().map(|it| it.failures).sum();
        results.record(&format!("{name}: failures"), of, as_f64(failures), "");
        if let Some(last_error) = reconnections.iter().find_map(|it| it.last_error.as_ref()) {
            println!("     for example: {last_error}");
        }
        results.record(&format!("{name}: CPU"), of, spent.as_secs_f64(), "s");
        let most = as_f64(peak(server.pid())) / 1024.0;
        results.record(&format!("{name}: peak RSS"), of, most, "MB");
        connections = reconnections
            .into_iter()
            .filter_map(|it| it.connection)
            .collect();
        let missing = users.len() - connections.len();
        results.record(
            &format!("{name}: not back after a minute"),
            of,
            as_f64(missing as u64),
            "",
        );
        drain_until_idle(&server, &mut connections).await;
        if !mode.restarts_server {
            let now = as_f64(memory(server.pid()).rss) / 1024.0;
            results.record(&format!("{name}: RSS after it"), of, now, "MB");
        }
    }
    results.record("RSS without connections", of, as_f64(fresh) / 1024.0, "MB");
    results.record("RSS before", of, as_f64(before) / 1024.0, "MB");
    Ok(())
}

fn tokens(env: &BenchEnv, users: &[SeededUser]) -> Result<Vec<String>> {
    let tokens = users.iter().map(|user| env.seeder.token(user));
    Ok(tokens.collect::<std::result::Result<_, _>>()?)
}

/// Reconnects all clients at the same moment, except for the jitter.
async fn reconnect_all(
    endpoint: Endpoint,
    tokens: Vec<String>,
    jitter: Duration,
) -> Result<Vec<Reconnection>> {
    let barrier = Arc::new(Barrier::new(tokens.len()));
    let mut reconnecting = JoinSet::new();
    for token in tokens {
        let barrier = Arc::clone(&barrier);
        reconnecting.spawn(async move {
            barrier.wait().await;
            let start = Instant::now();
            sleep(jitter.mul_f64(rand::random())).await;
            reconnect(endpoint, &token, start).await
        });
    }
    let mut reconnections = Vec::new();
    while let Some(reconnect) = reconnecting.join_next().await {
        reconnections.push(reconnect?);
    }
    Ok(reconnections)
}

async fn reconnect(endpoint: Endpoint, token: &str, start: Instant) -> Reconnection {
    let mut reconnection = Reconnection {
        connection: None,
        elapsed: RECONNECT_TIMEOUT,
        failures: 0,
        last_error: None,
    };
    while start.elapsed() < RECONNECT_TIMEOUT {
        match connect_once(endpoint, token).await {
            Ok(connection) => {
                reconnection.elapsed = start.elapsed();
                reconnection.connection = Some(connection);
                break;
            }
            Err(problem) => {
                reconnection.failures += 1;
                reconnection.last_error = Some(problem.to_string());
                let factor = f64::from(u32::try_from(reconnection.failures.min(8)).unwrap_or(8));
                sleep(RETRY_DELAY.mul_f64(factor * (0.5 + rand::random::<f64>()))).await;
            }
        }
    }
    reconnection
}

async fn connect_once(
    endpoint: Endpoint,
    token: &str,
) -> std::result::Result<Connection, ClientError> {
    let mut connection = Connection::open(endpoint.from_rotating_source(), token).await?;
    connection.wait_for_event("ready").await?;
    Ok(connection)
}

/// Receives presence events until the server uses less than 5 % of a core, 15 s at most.
async fn drain_until_idle(server: &RunningServer, connections: &mut [Connection]) {
    let end = Instant::now() + Duration::from_secs(15);
    while Instant::now() < end {
        let second = Instant::now() + Duration::from_secs(1);
        let meter = CpuMeter::start(server.pid());
        for connection in connections.iter_mut() {
            while let Ok(Ok(_)) = tokio::time::timeout_at(Instant::now(), connection.next()).await {
            }
        }
        tokio::time::sleep_until(second).await;
        if meter.spent() < Duration::from_millis(50) {
            break;
        }
    }
}
