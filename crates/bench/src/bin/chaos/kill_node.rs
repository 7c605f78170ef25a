//! One of two nodes dies under load. Its people go to the other; those of the other stay, reload
//! nothing, and miss nothing, not even what the dead node had written and not told.

use crate::{
    Result, Settings,
    report::{Report, Round},
    stage::Stage,
    town::{TALKING, node_of},
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Within this, people are answered: by the other node.
const BACK: Duration = Duration::from_secs(5);

/// Within this, what a dead node did not tell is found.
const FOUND: Duration = Duration::from_secs(30);

pub async fn run(settings: &Settings) -> Result<Report> {
    let mut stage = Stage::pair(settings).await?;
    let mut report = Report::new("kill_node");
    for number in 0..settings.rounds(10) {
        report.add(round(&mut stage, number % 2).await?);
    }
    Ok(report)
}

async fn round(stage: &mut Stage, victim: usize) -> Result<Round> {
    // Everybody goes home.
    stage.town.reconnect();
    stage.town.order(TALKING);
    let online = stage.town.is_online(FOUND).await;
    sleep(Duration::from_millis(rand::random_range(1_500..3_000))).await;
    let stay = |number: &usize| node_of(*number, 2) != victim;
    let before: u64 = stage.town.connections(stay);

    stage.nodes[victim].kill();
    let killed = Instant::now();
    let back = stage.town.acknowledged_after(killed, FOUND).await;
    let silent = stage.town.falls_silent().await;
    let after = stage.town.connections(stay);
    let verdict = stage.town.verdict().await?;
    stage.nodes[victim].start().await?;
    Ok(Round::new(verdict)
        .within("first ack", back.first, Some(BACK))
        .within("all back", back.everybody, Some(BACK))
        .within("whole", silent, Some(FOUND))
        .expect(online, "everybody is online before the failure")
        .expect(before == after, "nobody of the other node reconnects"))
}
