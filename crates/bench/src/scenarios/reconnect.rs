//! Thousands are cut at once and come back at once: how long until the last one is back.

use crate::{
    contender::Contender,
    error::Result,
    numbers::{Latencies, count},
    options::Options,
    results::{Results, Target as Goal},
    world::{Running, World},
};
use bench::{
    client::{Connection, Problem, Target},
    people::Person,
    usage::{Meter, memory, peak},
};
use rand::seq::SliceRandom;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Barrier,
    task::JoinSet,
    time::{Instant, sleep},
};

const CONNECTIONS: usize = 5000;

/// Each is in so many groups, of so many members.
const GROUPS: usize = 5;
const MEMBERS: usize = 100;

/// How long a client waits after a failure, and at most a few times that.
const PAUSE: Duration = Duration::from_millis(250);

/// Whoever is not back by then is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a client goes about it.
#[derive(Clone, Copy)]
struct Manner {
    name: &'static str,
    /// The first attempt comes at a random moment within this time.
    jitter: Duration,
    /// The server was killed, and started again.
    restarted: bool,
}

const MANNERS: [Manner; 3] = [
    Manner {
        name: "all at once",
        jitter: Duration::ZERO,
        restarted: false,
    },
    Manner {
        name: "with jitter",
        jitter: Duration::from_secs(1),
        restarted: false,
    },
    Manner {
        name: "after a restart",
        jitter: Duration::ZERO,
        restarted: true,
    },
];

struct Return {
    connection: Option<Connection>,
    took: Duration,
    failures: u64,
    why: Option<String>,
}

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("reconnect");
    let world = World::new(options).await?;
    let people = world
        .people
        .invite(options.connections.unwrap_or(CONNECTIONS))
        .await?;
    let mut shuffled = people.clone();
    for _ in 0..GROUPS {
        shuffled.shuffle(&mut rand::rng());
        for members in shuffled.chunks(MEMBERS) {
            world.people.group(members).await?;
        }
    }
    world.people.settle().await?;
    for _ in 0..options.runs {
        for contender in [Contender::Parlance, Contender::Node] {
            if options.of.contains(&contender) {
                measure(&world, contender, &people, &mut results).await?;
            }
        }
    }
    for manner in MANNERS {
        let what = format!("{}: all are back after", manner.name);
        results.ratio(&what, "parlance", "node", Some(Goal::AtMost(0.5)));
        let failures = results.worst(&format!("{}: failures", manner.name), "parlance");
        if let (Some(failures), false) = (failures, manner.restarted) {
            let name = format!("{}: failures: parlance", manner.name);
            results.ratio_of(&name, failures, 1.0, Some(Goal::AtMost(0.0)));
        }
    }
    results.finish()
}

async fn measure(
    world: &World,
    contender: Contender,
    people: &[Person],
    results: &mut Results,
) -> Result<()> {
    let mut server = world.start(contender).await?;
    let of = contender.name();
    let fresh = memory(server.pid()).rss;
    let mut connections = world.connect(&server, people).await?;
    quiet(&server, &mut connections).await;
    let before = memory(server.pid()).rss;
    for manner in MANNERS {
        let tokens = tokens(world, people)?;
        drop(std::mem::take(&mut connections));
        if manner.restarted {
            server.0.kill();
            server.0.start().await?;
        }
        let meter = Meter::start(server.pid());
        let returned = come_back(server.target(), tokens, manner.jitter).await?;
        let spent = meter.spent();
        let name = manner.name;
        let took = returned.iter().map(|it| it.took).max().unwrap_or_default();
        results.record(
            &format!("{name}: all are back after"),
            of,
            took.as_secs_f64(),
            "s",
        );
        let mut latencies = Latencies::default();
        for it in &returned {
            latencies.record(it.took);
        }
        results.latencies(&format!("{name}: back after"), of, &latencies);
        let failures = returned.iter().map(|it| it.failures).sum();
        results.record(&format!("{name}: failures"), of, count(failures), "");
        if let Some(why) = returned.iter().find_map(|it| it.why.as_ref()) {
            println!("     for example: {why}");
        }
        results.record(&format!("{name}: CPU"), of, spent.as_secs_f64(), "s");
        let most = count(peak(server.pid())) / 1024.0;
        results.record(&format!("{name}: peak RSS"), of, most, "MB");
        connections = returned
            .into_iter()
            .filter_map(|it| it.connection)
            .collect();
        let missing = people.len() - connections.len();
        results.record(
            &format!("{name}: not back after a minute"),
            of,
            count(missing as u64),
            "",
        );
        quiet(&server, &mut connections).await;
        if !manner.restarted {
            let now = count(memory(server.pid()).rss) / 1024.0;
            results.record(&format!("{name}: RSS after it"), of, now, "MB");
        }
    }
    results.record("RSS without connections", of, count(fresh) / 1024.0, "MB");
    results.record("RSS before", of, count(before) / 1024.0, "MB");
    Ok(())
}

fn tokens(world: &World, people: &[Person]) -> Result<Vec<String>> {
    let tokens = people.iter().map(|person| world.people.token(person));
    Ok(tokens.collect::<std::result::Result<_, _>>()?)
}

/// All at the same moment, but for the jitter.
async fn come_back(target: Target, tokens: Vec<String>, jitter: Duration) -> Result<Vec<Return>> {
    let together = Arc::new(Barrier::new(tokens.len()));
    let mut coming = JoinSet::new();
    for token in tokens {
        let together = Arc::clone(&together);
        coming.spawn(async move {
            together.wait().await;
            let start = Instant::now();
            sleep(jitter.mul_f64(rand::random())).await;
            one(target, &token, start).await
        });
    }
    let mut returned = Vec::new();
    while let Some(one) = coming.join_next().await {
        returned.push(one?);
    }
    Ok(returned)
}

async fn one(target: Target, token: &str, start: Instant) -> Return {
    let mut back = Return {
        connection: None,
        took: PATIENCE,
        failures: 0,
        why: None,
    };
    while start.elapsed() < PATIENCE {
        match enter(target, token).await {
            Ok(connection) => {
                back.took = start.elapsed();
                back.connection = Some(connection);
                break;
            }
            Err(problem) => {
                back.failures += 1;
                back.why = Some(problem.to_string());
                let patience = f64::from(u32::try_from(back.failures.min(8)).unwrap_or(8));
                sleep(PAUSE.mul_f64(patience * (0.5 + rand::random::<f64>()))).await;
            }
        }
    }
    back
}

async fn enter(target: Target, token: &str) -> std::result::Result<Connection, Problem> {
    let mut connection = Connection::open(target.spread(), token).await?;
    connection.event("ready").await?;
    Ok(connection)
}

/// Hears what is told of the others' presence, until little is.
async fn quiet(server: &Running, connections: &mut [Connection]) {
    let end = Instant::now() + Duration::from_secs(15);
    while Instant::now() < end {
        let second = Instant::now() + Duration::from_secs(1);
        let meter = Meter::start(server.pid());
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
