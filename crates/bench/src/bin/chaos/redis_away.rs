//! Failure `redis_away`: Redis is killed for half a minute. Each node goes on delivering to its own
//! clients, and nothing is missing when Redis is back.

use crate::{
    deliveries::{Delivery, p99, percent},
    report::{Report, Round},
    settings::{Result, Settings},
    simulated_client::ClientCommand,
    test_bed::TestBed,
};
use std::time::Duration;
use tokio::time::sleep;

/// A delivery that takes longer was not live, but recovered later.
const MAX_LIVE_LATENCY: Duration = Duration::from_secs(1);

/// Promised time from the return of Redis until deliveries between the nodes are live again.
const CROSS_NODE_DEADLINE: Duration = Duration::from_secs(3);

/// Promised time until every client has every change.
const CONVERGENCE_DEADLINE: Duration = Duration::from_secs(30);

pub async fn run(settings: &Settings) -> Result<Report> {
    let mut bed = TestBed::pair(settings).await?;
    let mut report = Report::new("redis_away");
    let away = Duration::from_secs(if settings.quick { 5 } else { 30 });
    for _ in 0..settings.rounds(3) {
        report.add(round(&mut bed, away).await?);
    }
    Ok(report)
}

async fn round(bed: &mut TestBed, away: Duration) -> Result<Round> {
    bed.population.command(ClientCommand::SEND_SLOWLY);
    let online = bed.population.all_online(CONVERGENCE_DEADLINE).await;
    let begun = bed.population.now();
    sleep(Duration::from_secs(3)).await;
    let connections = bed.population.connections(|_| true);

    let Some(redis) = &mut bed.redis else {
        return Err("this test bed has no Redis".into());
    };
    redis.kill();
    let gone = bed.population.now();
    sleep(away).await;
    redis.start().await?;
    let returned = bed.population.now();
    sleep(Duration::from_secs(6)).await;
    let end = bed.population.now();
    let quiesced = bed.population.quiesce().await;

    let population = &bed.population;
    let of = |local: bool, from, until| -> Vec<Delivery> {
        let all = population.deliveries(from, until).into_iter();
        all.filter(|it| it.is_local(2) == local).collect()
    };
    let local = of(true, gone, returned);
    let live = local
        .iter()
        .filter(|it| it.latency() <= MAX_LIVE_LATENCY)
        .count();
    let across_meanwhile = of(false, gone, returned);
    // Receipt of the last delivery that was late after the return: all later ones were live.
    let late = of(false, gone, end).into_iter();
    let late = late.filter(|it| it.latency() > MAX_LIVE_LATENCY && it.received_at > returned);
    let last_late = late.map(|it| it.received_at).max().unwrap_or(returned);
    let across = Duration::from_micros(last_late - returned);
    Ok(Round::new(bed.population.check().await?)
        .with(
            "p99 before ms",
            p99(&of(true, begun, gone)).as_secs_f64() * 1e3,
        )
        .with("local live %", percent(live, local.len()))
        .with("local p99 ms", p99(&local).as_secs_f64() * 1e3)
        .with(
            "across meanwhile p99 s",
            p99(&across_meanwhile).as_secs_f64(),
        )
        .within("across again", Some(across), Some(CROSS_NODE_DEADLINE))
        .with(
            "across p99 after ms",
            p99(&of(false, last_late, end)).as_secs_f64() * 1e3,
        )
        .within("whole", quiesced, Some(CONVERGENCE_DEADLINE))
        .expect(online, "everybody is online before the failure")
        .expect(live == local.len() && live > 0, "local delivery goes on")
        .expect(
            bed.population.connections(|_| true) == connections,
            "nobody has to reconnect",
        ))
}
