//! The clock of the server and of the database jumps: an hour ahead, back, an hour behind, and
//! back again. What was connected stays so; who connects then gets in, with a new token if need be.

use crate::{
    Result, Settings,
    clock::{Clock, tidy_up_after},
    report::{Report, Round},
    stage::Stage,
    town::{TALKING, Town},
};
use bench::processes::{Folder, Postgres, Service};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const HOUR: i64 = 3600;

/// Where the clock goes, one after the other.
const JUMPS: [i64; 4] = [HOUR, 0, -HOUR, 0];

/// After a jump, everybody is answered as before within this.
const ANSWERED: Duration = Duration::from_secs(5);

const WHOLE: Duration = Duration::from_secs(30);

pub async fn run(settings: &Settings) -> Result<Report> {
    let folder = Folder::new("chaos")?;
    let clock = Clock::new(&folder)?;
    let postgres = Postgres::start_with(&folder, &settings.postgres, &clock.environment()).await?;
    let mut node = Service::parlance(&folder, "parlance", &postgres.url());
    for (name, value) in clock.environment() {
        node = node.environment(&name, value);
    }
    let stage = Stage::set(folder, postgres, None, vec![node]).await?;
    let pids = [stage.postgres.pid(), stage.nodes[0].pid()];
    let mut report = Report::new("clock_jump");
    for _ in 0..settings.rounds(3) {
        report.add(round(&stage.town, &clock).await?);
    }
    drop(stage);
    pids.into_iter().flatten().for_each(tidy_up_after);
    Ok(report)
}

async fn round(town: &Town, clock: &Clock) -> Result<Round> {
    town.order(TALKING);
    let online = town.is_online(WHOLE).await;
    sleep(Duration::from_secs(2)).await;
    let refreshed = town.refreshed();
    let (mut slowest, mut stayed, mut let_in) = (Some(Duration::ZERO), true, true);
    for jump in JUMPS {
        let connections = town.connections(|_| true);
        clock.set(jump)?;
        // The processes look at it once a second.
        sleep(Duration::from_secs(2)).await;
        let answered = town
            .acknowledged_after(Instant::now(), WHOLE)
            .await
            .everybody;
        slowest = slowest.zip(answered).map(|(one, other)| one.max(other));
        stayed &= town.connections(|_| true) == connections;

        town.reconnect();
        sleep(Duration::from_millis(200)).await;
        let_in &= town.is_online(WHOLE).await;
        let answered = town
            .acknowledged_after(Instant::now(), WHOLE)
            .await
            .everybody;
        slowest = slowest.zip(answered).map(|(one, other)| one.max(other));
    }
    let silent = town.falls_silent().await;
    let refreshed = town.refreshed() - refreshed;
    Ok(Round::new(town.verdict().await?)
        .within("all answered", slowest, Some(ANSWERED))
        .with("hours in the database", town.hours_told().await?)
        .with(
            "tokens refreshed",
            f64::from(u32::try_from(refreshed).unwrap_or(u32::MAX)),
        )
        .within("whole", silent, Some(WHOLE))
        .expect(online, "everybody is online before the failure")
        .expect(stayed, "nobody is cut by a jump")
        .expect(let_in, "everybody gets in again"))
}
