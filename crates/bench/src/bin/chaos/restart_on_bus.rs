//! Failures `kill_on_bus`, `restart_on_bus` and `rolling_restart`: nodes with a Redis end and start under
//! forty clients, which come back while a node still compares itself with the database.

use crate::{
    population::PopulationSize,
    report::{Report, Round},
    settings::{Result, Settings},
    simulated_client::ClientCommand,
    test_bed::TestBed,
};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const FORTY: PopulationSize = PopulationSize {
    clients: 40,
    small_receive_buffer: None,
};

/// From one end of a node to the next.
const INTERVAL: Duration = Duration::from_secs(4);

/// Ends of a node in one round.
const ENDS_PER_ROUND: usize = 3;

/// Promised time until every client is online, and in the end has every change.
const CONVERGENCE_DEADLINE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy)]
enum End {
    Kill,
    /// SIGTERM, and the time that the node takes.
    Stop,
}

pub async fn kill(settings: &Settings) -> Result<Report> {
    let bed = TestBed::cluster(settings, &["parlance"], FORTY).await?;
    run(settings, "kill_on_bus", bed, End::Kill, 50).await
}

pub async fn stop(settings: &Settings) -> Result<Report> {
    let bed = TestBed::cluster(settings, &["parlance"], FORTY).await?;
    run(settings, "restart_on_bus", bed, End::Stop, 50).await
}

pub async fn stop_in_turn(settings: &Settings) -> Result<Report> {
    let bed = TestBed::cluster(settings, &["node-a", "node-b"], FORTY).await?;
    run(settings, "rolling_restart", bed, End::Stop, 10).await
}

async fn run(
    settings: &Settings,
    failure: &'static str,
    mut bed: TestBed,
    end: End,
    usual_rounds: usize,
) -> Result<Report> {
    let mut report = Report::new(failure);
    for _ in 0..settings.rounds(usual_rounds) {
        report.add(round(&mut bed, end).await?);
    }
    Ok(report)
}

async fn round(bed: &mut TestBed, end: End) -> Result<Round> {
    bed.population.command(ClientCommand::SEND_RARELY);
    let online = bed.population.all_online(CONVERGENCE_DEADLINE).await;
    let nodes = bed.nodes.len();
    let mut longest_start = Duration::ZERO;
    let mut next = Instant::now() + Duration::from_millis(rand::random_range(500..1_500));
    for number in 0..ENDS_PER_ROUND {
        sleep_until(next).await;
        next += INTERVAL;
        let node = &mut bed.nodes[number % nodes];
        match end {
            End::Kill => node.kill(),
            End::Stop => node.stop().await,
        }
        let starting = Instant::now();
        node.start().await?;
        longest_start = longest_start.max(starting.elapsed());
    }
    sleep_until(next).await;
    let back = bed.population.all_online(CONVERGENCE_DEADLINE).await;
    let quiesced = bed.population.quiesce().await;
    Ok(Round::new(bed.population.check().await?)
        .within("start", Some(longest_start), None)
        .within("whole", quiesced, Some(CONVERGENCE_DEADLINE))
        .expect(online, "everybody is online before the failure")
        .expect(back, "everybody is online after it"))
}
