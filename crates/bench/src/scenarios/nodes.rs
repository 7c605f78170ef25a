//! One node, two and three on one Postgres: what each send takes, and how soon it is heard on another
//! node than its own.

use crate::{
    audience::read_message,
    error::{Error, Result},
    numbers::{Latencies, count},
    options::{Options, WARM_UP},
    results::Results,
    senders::{Window, answered, message},
    world::{Running, World},
};
use bench::{
    client::{Connection, Packet},
    people::Person,
    usage::Meter,
};
use model::ConversationId;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

const NODES: [usize; 3] = [1, 2, 3];
const CONVERSATIONS: usize = 32;
const MEMBERS: usize = 8;

/// What is on its way when the last message was acknowledged.
const LATE: Duration = Duration::from_secs(2);

/// Somebody who sends, and somebody who listens on another node where there is one.
struct Pair {
    speaker: Person,
    listener: Person,
    id: ConversationId,
}

/// When each message of a speaker was sent, by its number.
type Said = Arc<Mutex<Vec<Instant>>>;

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("nodes");
    let world = World::new(options).await?;
    let mut pairs = Vec::new();
    for _ in 0..CONVERSATIONS {
        let people = world.people.invite(MEMBERS).await?;
        let id = world.people.group(&people).await?;
        let [speaker, listener, ..] = people[..] else {
            return Err(Error::wrong("nobody to talk to"));
        };
        pairs.push(Pair {
            speaker,
            listener,
            id,
        });
    }
    world.people.settle().await?;
    for _ in 0..options.runs {
        for nodes in NODES {
            measure(&world, nodes, &pairs, options, &mut results).await?;
        }
    }
    results.finish()
}

async fn measure(
    world: &World,
    nodes: usize,
    pairs: &[Pair],
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let redis = world.start_redis().await?;
    let mut servers = Vec::new();
    for number in 0..nodes {
        servers.push(world.start_node(number, &redis).await?);
    }
    let window = Window::after(WARM_UP + Duration::from_secs(1), options.measured());
    let (mut speaking, mut listening) = (JoinSet::new(), JoinSet::new());
    for (number, pair) in pairs.iter().enumerate() {
        let connect = async |node: usize, person: &Person| {
            let server = &servers[node % nodes];
            let connections = world.connect(server, std::slice::from_ref(person)).await?;
            connections
                .into_iter()
                .next()
                .ok_or_else(|| Error::wrong("no connection"))
        };
        let run = format!("{:x}", rand::random::<u32>());
        let said = Said::default();
        let ear = connect(number + 1, &pair.listener).await?;
        listening.spawn(listen(ear, run.clone(), said.clone(), window));
        let mouth = connect(number, &pair.speaker).await?;
        speaking.spawn(speak(mouth, pair.id, run, said, window));
    }
    let postgres = world.postgres.pid().unwrap_or_default();
    let meters = [
        ("servers", servers.iter().map(Running::pid).collect()),
        ("Redis", redis.pid().into_iter().collect()),
        ("Postgres", vec![postgres]),
    ];
    let meters: Vec<_> = meters
        .map(|(name, pids): (_, Vec<u32>)| {
            let meters = pids.into_iter().map(Meter::start_all);
            (name, meters.collect::<Vec<_>>())
        })
        .into();
    let (mut acknowledged, mut all) = (Latencies::default(), 0);
    while let Some(spoken) = speaking.join_next().await {
        let (latencies, number) = spoken??;
        acknowledged.add(&latencies);
        all += number;
    }
    let spent: Vec<_> = meters
        .iter()
        .map(|(name, meters)| (*name, meters.iter().map(Meter::spent).sum::<Duration>()))
        .collect();
    let (mut heard, mut number) = (Latencies::default(), 0);
    while let Some(listened) = listening.join_next().await {
        let (latencies, messages) = listened??;
        heard.add(&latencies);
        number += messages;
    }
    let of = format!("{nodes} nodes");
    let seconds = options.measured().as_secs_f64();
    results.record("sends", &of, count(acknowledged.count()) / seconds, "/s");
    for (name, spent) in spent {
        let each = spent.as_secs_f64() * 1e6 / count(all);
        results.record(&format!("CPU each, {name}"), &of, each, "µs");
    }
    results.record("lost", &of, count(all) - count(number), "");
    results.latencies("acknowledged after", &of, &acknowledged);
    results.latencies("heard after", &of, &heard);
    Ok(())
}

/// Sends again and again. Answers with the latencies within the window, and how many were sent.
async fn speak(
    mut connection: Connection,
    id: ConversationId,
    run: String,
    said: Said,
    window: Window,
) -> Result<(Latencies, u64)> {
    let mut latencies = Latencies::default();
    let mut number = 0;
    while Instant::now() < window.until {
        let payload = message(id, &format!("{run}-{number}"));
        let start = Instant::now();
        said.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(start);
        number += 1;
        connection.ask(number, "message:send", &payload).await?;
        answered(&mut connection, number).await?;
        if start >= window.from {
            latencies.record(start.elapsed());
        }
    }
    Ok((latencies, number))
}

/// Hears all that is said, and a little longer.
async fn listen(
    mut connection: Connection,
    run: String,
    said: Said,
    window: Window,
) -> Result<(Latencies, u64)> {
    let mut latencies = Latencies::default();
    let mut heard = 0;
    while let Ok(packet) = timeout_at(window.until + LATE, connection.next()).await {
        let Packet::Event {
            name: "message:created",
            payload,
        } = packet?
        else {
            continue;
        };
        let Some((_, index)) = read_message(payload, &run) else {
            continue;
        };
        heard += 1;
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(start) = said.get(index).filter(|it| **it >= window.from) {
            latencies.record(start.elapsed());
        }
    }
    Ok((latencies, heard))
}
