//! The write path alone: sends in process, against the raw inserts of pgbench on the same Postgres.

use crate::{
    error::{Error, Result},
    in_process::{InProcess, caller},
    numbers::{Latencies, count},
    options::{Options, WARM_UP},
    pgbench,
    results::{Results, Target},
    senders::{BODY, Window},
    world::World,
};
use bench::people::Person;
use chat::{Caller, Chat};
use model::{ConversationId, NewMessage};
use std::time::Duration;
use tokio::{task::JoinSet, time::Instant};

const SENDERS: usize = 32;
const MEMBERS: usize = 8;

/// What the server takes unless it is told otherwise.
const CONNECTIONS: u32 = 20;

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("write");
    let world = World::new(options).await?;
    let mut spread = Vec::new();
    for _ in 0..SENDERS {
        let people = world.people.invite(MEMBERS).await?;
        spread.push((people[0], world.people.group(&people).await?));
    }
    let people = world.people.invite(SENDERS).await?;
    let id = world.people.group(&people).await?;
    let hot = people.into_iter().map(|person| (person, id)).collect();
    pgbench::prepare(&world).await?;
    for _ in 0..options.runs {
        for table in pgbench::TABLES {
            world.people.settle().await?;
            let rate = pgbench::inserts(&world, table, SENDERS, options).await?;
            results.record("inserts", table, rate, "/s");
        }
        for (name, senders) in [("spread", &spread), ("hot", &hot)] {
            measure(&world, name, senders, options, &mut results).await?;
        }
    }
    for (name, least) in [("spread", 1.0), ("hot", 0.8)] {
        for table in pgbench::TABLES {
            let sends = results.median(name, "parlance");
            let inserts = results.median("inserts", table);
            if let (Some(sends), Some(inserts)) = (sends, inserts) {
                let name = format!("{name}: parlance to inserts, {table}");
                results.ratio_of(&name, sends, inserts, Some(Target::AtLeast(least)));
            }
        }
    }
    results.finish()
}

async fn measure(
    world: &World,
    name: &str,
    senders: &[(Person, ConversationId)],
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    world.people.settle().await?;
    let parlance = InProcess::open(world, CONNECTIONS).await?;
    let window = Window::after(WARM_UP, options.measured());
    let syncs = pgbench::syncs(world).await?;
    let mut sending = JoinSet::new();
    for (number, (person, id)) in senders.iter().enumerate() {
        sending.spawn(send(
            parlance.chat.clone(),
            caller(person),
            *id,
            number,
            window,
        ));
    }
    let mut latencies = Latencies::default();
    let mut all = 0;
    while let Some(sent) = sending.join_next().await {
        let (counted, number) = sent??;
        latencies.add(&counted);
        all += number;
    }
    // Postgres tells of what it did after a moment.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let syncs = pgbench::syncs(world).await? - syncs;
    parlance.close().await;
    let seconds = options.measured().as_secs_f64();
    results.record(
        name,
        "parlance",
        count(latencies.count()) / seconds,
        "sends/s",
    );
    let each = count(all) / syncs.max(1.0);
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
