//! One client stops reading, as a process does that was suspended: nobody else may notice, and it
//! has everything after it has woken.

use crate::{
    Result, Settings,
    deliveries::{Delivery, p99, quantile},
    report::{Report, Round},
    stage::Stage,
    town::{CALM, LISTENING, STOPPED},
};
use std::time::Duration;
use tokio::time::sleep;

/// The one who is paused. They only listen, so that the others talk as much with them as without.
const PAUSED: usize = 0;

/// Of each message: enough to fill what the kernel keeps for who does not read.
const BYTES: usize = 3_000;

const PHASE: Duration = Duration::from_secs(30);

/// The others' p99, compared to that with all awake.
const RATIO: f64 = 1.2;

const WHOLE: Duration = Duration::from_secs(30);

pub async fn run(settings: &Settings) -> Result<Report> {
    let mut report = Report::new("paused_client");
    for _ in 0..settings.rounds(1) {
        report.add(round(settings).await?);
    }
    Ok(report)
}

/// With all awake and with one paused, in turns: what else happens on the machine meets both.
async fn round(settings: &Settings) -> Result<Round> {
    let pairs = if settings.quick { 1 } else { 5 };
    let stage = Stage::with_slow(settings, PAUSED).await?;
    let town = &stage.town;
    let mut talking = CALM;
    talking.bytes = BYTES;
    town.order(talking);
    town.people[PAUSED].order(LISTENING);
    let online = town.is_online(WHOLE).await;
    sleep(Duration::from_secs(2)).await;

    let connections = || town.connections(|number| *number == PAUSED);
    let (mut awake, mut paused) = (Vec::new(), Vec::new());
    let mut cuts = 0;
    for _ in 0..pairs {
        let from = town.now();
        sleep(PHASE).await;
        let until = town.now();
        awake.push(others(&town.deliveries(from, until)));

        let before = connections();
        town.people[PAUSED].order(STOPPED);
        let from = town.now();
        sleep(PHASE).await;
        let until = town.now();
        paused.push(others(&town.deliveries(from, until)));
        town.people[PAUSED].order(LISTENING);
        // Until it has caught up, what it costs is no longer the pause.
        sleep(Duration::from_secs(5)).await;
        cuts += connections() - before;
    }
    let silent = town.falls_silent().await;
    let verdict = town.verdict().await?;
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
    let ratio = p99s(&paused) / p99s(&awake);
    Ok(Round::new(verdict)
        .with("p50 awake ms", median(&awake))
        .with("p50 paused ms", median(&paused))
        .with("p99 awake ms", p99s(&awake))
        .with("p99 paused ms", p99s(&paused))
        .within("whole", silent, Some(WHOLE))
        .with("ratio", ratio)
        .with("cuts", f64::from(u32::try_from(cuts).unwrap_or(u32::MAX)))
        .expect(online, "everybody is online before the failure")
        .expect(ratio <= RATIO, "the others' p99 is at most 1.2 times"))
}

fn others(deliveries: &[Delivery]) -> Vec<Delivery> {
    let others = deliveries.iter().filter(|it| it.listener != PAUSED);
    others.copied().collect()
}
