//! Failure `paused_client`: one client stops reading, like a suspended process. The latencies of the
//! others do not change, and the client has every message after it resumes.

use crate::{
    deliveries::{Delivery, p99, quantile},
    report::{Report, Round},
    settings::{Result, Settings},
    simulated_client::ClientCommand,
    test_bed::TestBed,
};
use std::time::Duration;
use tokio::time::sleep;

/// Index of the paused client. It only receives, so that as much is sent without it as with it.
const PAUSED: usize = 0;

/// Padding of each message, in bytes: enough to fill the kernel's buffers of a client that does not
/// read.
const PADDING_BYTES: usize = 3_000;

/// Duration of each phase, with the client reading or paused.
const PHASE_DURATION: Duration = Duration::from_secs(30);

/// Greatest allowed ratio of the others' p99 with the client paused to their p99 without.
const MAX_P99_RATIO: f64 = 1.2;

/// Promised time until every client has every change.
const CONVERGENCE_DEADLINE: Duration = Duration::from_secs(30);

pub async fn run(settings: &Settings) -> Result<Report> {
    let mut report = Report::new("paused_client");
    for _ in 0..settings.rounds(1) {
        report.add(round(settings).await?);
    }
    Ok(report)
}

/// Alternates phases with all clients reading and with one paused, so that other load of the machine
/// affects both alike.
async fn round(settings: &Settings) -> Result<Round> {
    let pairs = if settings.quick { 1 } else { 5 };
    let bed = TestBed::with_small_receive_buffer(settings, PAUSED).await?;
    let population = &bed.population;
    let mut command = ClientCommand::SEND_SLOWLY;
    command.padding_bytes = PADDING_BYTES;
    population.command(command);
    population.clients[PAUSED].command(ClientCommand::RECEIVE_ONLY);
    let online = population.all_online(CONVERGENCE_DEADLINE).await;
    sleep(Duration::from_secs(2)).await;

    let connections = || population.connections(|number| *number == PAUSED);
    let (mut reading, mut paused) = (Vec::new(), Vec::new());
    let mut cuts = 0;
    for _ in 0..pairs {
        let from = population.now();
        sleep(PHASE_DURATION).await;
        let until = population.now();
        reading.push(others(&population.deliveries(from, until)));

        let before = connections();
        population.clients[PAUSED].command(ClientCommand::SUSPENDED);
        let from = population.now();
        sleep(PHASE_DURATION).await;
        let until = population.now();
        paused.push(others(&population.deliveries(from, until)));
        population.clients[PAUSED].command(ClientCommand::RECEIVE_ONLY);
        // The next phase starts after the client has caught up.
        sleep(Duration::from_secs(5)).await;
        cuts += connections() - before;
    }
    let quiesced = population.quiesce().await;
    let check = population.check().await?;
    let p99s = |phases: &[Vec<Delivery>]| {
        let mut values: Vec<_> = phases
            .iter()
            .map(|it| p99(it).as_secs_f64() * 1e3)
            .collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let median =
        |phases: &[Vec<Delivery>]| quantile(phases.iter().flatten(), 0.5).as_secs_f64() * 1e3;
    let ratio = p99s(&paused) / p99s(&reading);
    Ok(Round::new(check)
        .with("p50 awake ms", median(&reading))
        .with("p50 paused ms", median(&paused))
        .with("p99 awake ms", p99s(&reading))
        .with("p99 paused ms", p99s(&paused))
        .within("whole", quiesced, Some(CONVERGENCE_DEADLINE))
        .with("ratio", ratio)
        .with("cuts", f64::from(u32::try_from(cuts).unwrap_or(u32::MAX)))
        .expect(online, "everybody is online before the failure")
        .expect(
            ratio <= MAX_P99_RATIO,
            "the others' p99 is at most 1.2 times",
        ))
}

fn others(deliveries: &[Delivery]) -> Vec<Delivery> {
    let others = deliveries.iter().filter(|it| it.receiver != PAUSED);
    others.copied().collect()
}
