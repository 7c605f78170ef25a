//! Scenario `nodes`, one to three nodes on one Postgres: CPU time of a send, and the latency of
//! deliveries to another node.

use crate::{
    closed_loop::{Window, await_ack},
    env::{BenchEnv, RunningServer},
    error::{Error, Result},
    options::{Options, WARM_UP},
    payload::{scan_message, send_payload},
    results::Results,
    stats::{Latencies, as_f64},
};
use bench::{
    client::{Connection, Packet},
    process_stats::CpuMeter,
    seed::SeededUser,
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

/// How long receivers go on after the last message.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// A sender, and a receiver that is connected to the next node.
struct Pair {
    sender: SeededUser,
    receiver: SeededUser,
    id: ConversationId,
}

/// When each message of a sender was sent, by its index.
type SentTimes = Arc<Mutex<Vec<Instant>>>;

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("nodes");
    let env = BenchEnv::new(options).await?;
    let mut pairs = Vec::new();
    for _ in 0..CONVERSATIONS {
        let users = env.seeder.create_users(MEMBERS).await?;
        let id = env.seeder.create_group(&users).await?;
        let [sender, receiver, ..] = users[..] else {
            return Err(Error::wrong("a group of fewer than two members"));
        };
        pairs.push(Pair {
            sender,
            receiver,
            id,
        });
    }
    env.seeder.vacuum_and_checkpoint().await?;
    for _ in 0..options.runs {
        for nodes in NODES {
            measure(&env, nodes, &pairs, options, &mut results).await?;
        }
    }
    results.finish()
}

async fn measure(
    env: &BenchEnv,
    nodes: usize,
    pairs: &[Pair],
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let redis = env.start_redis().await?;
    let mut servers = Vec::new();
    for number in 0..nodes {
        servers.push(env.start_node(number, &redis).await?);
    }
    let window = Window::after(WARM_UP + Duration::from_secs(1), options.measured());
    let (mut sending, mut receiving) = (JoinSet::new(), JoinSet::new());
    for (number, pair) in pairs.iter().enumerate() {
        let connect = async |node: usize, user: &SeededUser| {
            let server = &servers[node % nodes];
            let connections = env.connect(server, std::slice::from_ref(user)).await?;
            connections
                .into_iter()
                .next()
                .ok_or_else(|| Error::wrong("no connection"))
        };
        let run = format!("{:x}", rand::random::<u32>());
        let sent_times = SentTimes::default();
        let receiving_connection = connect(number + 1, &pair.receiver).await?;
        receiving.spawn(receive_until(
            receiving_connection,
            run.clone(),
            sent_times.clone(),
            window,
        ));
        let sending_connection = connect(number, &pair.sender).await?;
        sending.spawn(send_in_loop(
            sending_connection,
            pair.id,
            run,
            sent_times,
            window,
        ));
    }
    let postgres = env.postgres.pid().unwrap_or_default();
    let meters = [
        ("servers", servers.iter().map(RunningServer::pid).collect()),
        ("Redis", redis.pid().into_iter().collect()),
        ("Postgres", vec![postgres]),
    ];
    let meters: Vec<_> = meters
        .map(|(name, pids): (_, Vec<u32>)| {
            let meters = pids.into_iter().map(CpuMeter::start_tree);
            (name, meters.collect::<Vec<_>>())
        })
        .into();
    let (mut acknowledged, mut messages_sent) = (Latencies::default(), 0);
    while let Some(finished) = sending.join_next().await {
        let (latencies, number) = finished??;
        acknowledged.add(&latencies);
        messages_sent += number;
    }
    let spent: Vec<_> = meters
        .iter()
        .map(|(name, meters)| (*name, meters.iter().map(CpuMeter::spent).sum::<Duration>()))
        .collect();
    let (mut delivered, mut deliveries) = (Latencies::default(), 0);
    while let Some(finished) = receiving.join_next().await {
        let (latencies, number) = finished??;
        delivered.add(&latencies);
        deliveries += number;
    }
    let of = format!("{nodes} nodes");
    let seconds = options.measured().as_secs_f64();
    results.record("sends", &of, as_f64(acknowledged.count()) / seconds, "/s");
    for (name, spent) in spent {
        let each = spent.as_secs_f64() * 1e6 / as_f64(messages_sent);
        results.record(&format!("CPU each, {name}"), &of, each, "µs");
    }
    results.record("lost", &of, as_f64(messages_sent) - as_f64(deliveries), "");
    results.latencies("acknowledged after", &of, &acknowledged);
    results.latencies("heard after", &of, &delivered);
    Ok(())
}

/// Sends until the window ends. Returns the latencies within the window, and the number of
/// messages.
async fn send_in_loop(
    mut connection: Connection,
    id: ConversationId,
    run: String,
    sent_times: SentTimes,
    window: Window,
) -> Result<(Latencies, u64)> {
    let mut latencies = Latencies::default();
    let mut number = 0;
    while Instant::now() < window.until {
        let payload = send_payload(id, &format!("{run}-{number}"));
        let start = Instant::now();
        sent_times
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(start);
        number += 1;
        connection
            .emit_with_ack(number, "message:send", &payload)
            .await?;
        await_ack(&mut connection, number).await?;
        if start >= window.from {
            latencies.record(start.elapsed());
        }
    }
    Ok((latencies, number))
}

/// Receives until [`DRAIN_TIME`] after the window. Returns the latencies of deliveries, and their
/// number.
async fn receive_until(
    mut connection: Connection,
    run: String,
    sent_times: SentTimes,
    window: Window,
) -> Result<(Latencies, u64)> {
    let mut latencies = Latencies::default();
    let mut delivered = 0;
    while let Ok(packet) = timeout_at(window.until + DRAIN_TIME, connection.next()).await {
        let Packet::Event {
            name: "message:created",
            payload,
        } = packet?
        else {
            continue;
        };
        let Some((_, index)) = scan_message(payload, &run) else {
            continue;
        };
        delivered += 1;
        let sent_times = sent_times.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(start) = sent_times.get(index).filter(|it| **it >= window.from) {
            latencies.record(start.elapsed());
        }
    }
    Ok((latencies, delivered))
}
