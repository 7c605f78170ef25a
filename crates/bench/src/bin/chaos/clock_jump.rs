//! Failure `clock_jump`: the clock of the server and of Postgres jumps an hour ahead, back, an hour
//! behind, and back. Connections survive it, and new ones are accepted, with a refreshed token where
//! the old one has expired.

use crate::{
    fake_clock::{FakeClock, remove_shared_memory},
    population::Population,
    report::{Report, Round},
    settings::{Result, Settings},
    simulated_client::ClientCommand,
    test_bed::TestBed,
};
use bench::processes::{Folder, Postgres, Service};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// In seconds.
const HOUR: i64 = 3600;

/// Offsets from the real time, in seconds, one after the other.
const JUMPS: [i64; 4] = [HOUR, 0, -HOUR, 0];

/// Promised time from a jump until every client has an acknowledgement.
const ACK_DEADLINE: Duration = Duration::from_secs(5);

/// Promised time until every client has every change.
const CONVERGENCE_DEADLINE: Duration = Duration::from_secs(30);

pub async fn run(settings: &Settings) -> Result<Report> {
    let folder = Folder::new("chaos")?;
    let clock = FakeClock::new(&folder)?;
    let postgres = Postgres::start_with(&folder, &settings.postgres, &clock.environment()).await?;
    let mut node = Service::parlance(&folder, "parlance", &postgres.url());
    for (name, value) in clock.environment() {
        node = node.environment(&name, value);
    }
    let bed = TestBed::create(folder, postgres, None, vec![node]).await?;
    let pids = [bed.postgres.pid(), bed.nodes[0].pid()];
    let mut report = Report::new("clock_jump");
    for _ in 0..settings.rounds(3) {
        report.add(round(&bed.population, &clock).await?);
    }
    drop(bed);
    pids.into_iter().flatten().for_each(remove_shared_memory);
    Ok(report)
}

async fn round(population: &Population, clock: &FakeClock) -> Result<Round> {
    population.command(ClientCommand::SEND_FAST);
    let online = population.all_online(CONVERGENCE_DEADLINE).await;
    sleep(Duration::from_secs(2)).await;
    let token_refreshes = population.token_refreshes();
    let (mut slowest, mut stayed, mut let_in) = (Some(Duration::ZERO), true, true);
    for jump in JUMPS {
        let connections = population.connections(|_| true);
        clock.set(jump)?;
        // libfaketime reads the offset once a second.
        sleep(Duration::from_secs(2)).await;
        let answered = population
            .first_acks_after(Instant::now(), CONVERGENCE_DEADLINE)
            .await
            .all;
        slowest = slowest.zip(answered).map(|(one, other)| one.max(other));
        stayed &= population.connections(|_| true) == connections;

        population.reconnect();
        sleep(Duration::from_millis(200)).await;
        let_in &= population.all_online(CONVERGENCE_DEADLINE).await;
        let answered = population
            .first_acks_after(Instant::now(), CONVERGENCE_DEADLINE)
            .await
            .all;
        slowest = slowest.zip(answered).map(|(one, other)| one.max(other));
    }
    let quiesced = population.quiesce().await;
    let token_refreshes = population.token_refreshes() - token_refreshes;
    Ok(Round::new(population.check().await?)
        .within("all answered", slowest, Some(ACK_DEADLINE))
        .with(
            "hours in the database",
            population.created_at_span_hours().await?,
        )
        .with(
            "tokens refreshed",
            f64::from(u32::try_from(token_refreshes).unwrap_or(u32::MAX)),
        )
        .within("whole", quiesced, Some(CONVERGENCE_DEADLINE))
        .expect(online, "everybody is online before the failure")
        .expect(stayed, "nobody is cut by a jump")
        .expect(let_in, "everybody gets in again"))
}
