//! Thousands of connections that do nothing: the memory that each takes.

use crate::{
    contender::Contender,
    error::Result,
    numbers::count,
    options::Options,
    results::{Results, Target},
    world::World,
};
use bench::{
    client::Connection,
    people::Person,
    usage::{Memory, memory},
};
use std::time::Duration;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

const CONNECTIONS: usize = 5000;

/// Connected before, and gone again: what a server needs once is not counted; few, since what they
/// leave behind is used again.
const WARM_UP: usize = 50;

/// Each is in one group of that many.
const MEMBERS: usize = 100;

/// Longer than a heartbeat of any of them.
const QUIET: Duration = Duration::from_secs(35);

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("idle");
    let world = World::new(options).await?;
    let people = world
        .people
        .invite(options.connections.unwrap_or(CONNECTIONS))
        .await?;
    for members in people.chunks(MEMBERS) {
        world.people.group(members).await?;
    }
    world.people.settle().await?;
    for _ in 0..options.runs {
        for contender in Contender::ALL {
            if options.of.contains(&contender) {
                measure(&world, contender, &people, &mut results).await?;
            }
        }
    }
    let what = "RSS per connection";
    results.ratio(what, "parlance", "bare", Some(Target::AtMost(1.15)));
    results.ratio(what, "parlance", "node", None);
    results.finish()
}

async fn measure(
    world: &World,
    contender: Contender,
    people: &[Person],
    results: &mut Results,
) -> Result<()> {
    let server = world.start(contender).await?;
    let of = contender.name();
    let first = people.len().min(WARM_UP);
    let warm = world.connect(&server, &people[..first]).await?;
    drop(hold(warm, Duration::from_secs(3)).await?);
    sleep(Duration::from_secs(5)).await;
    let before = memory(server.pid());
    let connections = world.connect(&server, people).await?;
    let connected = memory(server.pid());
    let connections = hold(connections, QUIET).await?;
    let quiet = memory(server.pid());
    drop(connections);
    sleep(Duration::from_secs(5)).await;
    let gone = memory(server.pid());
    let number = count(people.len() as u64);
    let each = |now: Memory| (count(now.rss) - count(before.rss)) / number;
    results.record(
        "RSS per connection, just connected",
        of,
        each(connected),
        "kB",
    );
    results.record("RSS per connection", of, each(quiet), "kB");
    let pss = (count(quiet.pss) - count(before.pss)) / number;
    results.record("PSS per connection", of, pss, "kB");
    results.record("RSS before", of, count(before.rss) / 1024.0, "MB");
    results.record("RSS with all", of, count(quiet.rss) / 1024.0, "MB");
    results.record(
        "RSS after they have gone",
        of,
        count(gone.rss) / 1024.0,
        "MB",
    );
    Ok(())
}

/// Does nothing but answer heartbeats.
async fn hold(connections: Vec<Connection>, time: Duration) -> Result<Vec<Connection>> {
    let mut holding = JoinSet::new();
    for mut connection in connections {
        holding.spawn(async move {
            let listening = async {
                loop {
                    if let Err(problem) = connection.next().await {
                        break problem;
                    }
                }
            };
            match timeout(time, listening).await {
                Ok(problem) => Err(problem),
                Err(_) => Ok(connection),
            }
        });
    }
    let mut held = Vec::new();
    while let Some(connection) = holding.join_next().await {
        held.push(connection??);
    }
    Ok(held)
}
