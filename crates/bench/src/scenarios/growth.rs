//! What the verbs cost as a conversation grows, and the plans of their queries at its largest.

mod plans;
mod verb;

use crate::{
    error::Result,
    in_process::InProcess,
    numbers::{Latencies, count},
    options::Options,
    results::Results,
    world::World,
};
use bench::people::Person;
use model::ConversationId;
use tokio::time::Instant;
use verb::{Turn, Verb};

/// How often each is done.
const TIMES: i64 = 200;

/// Not counted: connections prepare their statements, and Postgres decides on their plans.
const BEFORE: i64 = 20;

/// Members of the conversation whose messages grow.
const MEMBERS: usize = 100;

/// Messages of the conversations whose members grow.
const MESSAGES: usize = 10_000;
const CROWDS: [usize; 4] = [10, 100, 1000, 10_000];

/// Conversations of other people: a planner that finds one row in a table plans for one row.
const OTHERS: usize = 1000;

/// Written to Postgres' log only once it is asked to.
const EXPLAINING: &str = "session_preload_libraries = 'auto_explain'\n";

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("growth");
    let settings = format!("{EXPLAINING}{}", options.postgres);
    let world = World::with(&settings).await?;
    let others = world.people.invite(OTHERS).await?;
    for eight in others.windows(8) {
        let id = world.people.group(eight).await?;
        world.people.fill(id, 20).await?;
    }
    let people = world.people.invite(MEMBERS).await?;
    let id = world.people.group(&people).await?;
    let mut size = 0;
    for next in [10_000, 100_000, 1_000_000] {
        if next > options.most {
            break;
        }
        world.people.fill(id, next - size).await?;
        size = next;
        world.people.settle().await?;
        measure(&world, (&people, id), ("messages", size), &mut results).await?;
    }
    let text = plans::explain(&world, &people, id).await?;
    plans::save(&text, size)?;
    for size in CROWDS {
        let people = world.people.invite(size).await?;
        let id = world.people.group(&people).await?;
        world.people.fill(id, MESSAGES).await?;
        world.people.settle().await?;
        measure(&world, (&people, id), ("members", size), &mut results).await?;
    }
    results.finish()
}

async fn measure(
    world: &World,
    (people, id): (&[Person], ConversationId),
    (chart, size): (&str, usize),
    results: &mut Results,
) -> Result<()> {
    let parlance = InProcess::open(world, 4).await?;
    for verb in Verb::ALL {
        let mut turn = Turn::new(world, people, id).await?;
        let mut latencies = Latencies::default();
        for nth in 0..BEFORE + TIMES {
            turn.nth = nth;
            let start = Instant::now();
            verb.act(&parlance.chat, &turn).await?;
            if nth >= BEFORE {
                latencies.record(start.elapsed());
            }
        }
        let (median, size) = (latencies.percentile(50.0), count(size as u64));
        results.record(verb.name(), &format!("{size} {chart}"), median, "ms");
        results.point(chart, verb.name(), (size, median));
    }
    parlance.close().await;
    Ok(())
}
