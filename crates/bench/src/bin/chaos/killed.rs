//! What is the same whatever is killed: people talk, it dies, it is started again, and they have
//! to be answered soon, and to have everything in the end.

use crate::{Result, report::Round, stage::Stage, town::TALKING};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Within this from when it is up again, people are answered.
const BACK: Duration = Duration::from_secs(5);

/// Within this, all is sent and everybody has all.
const WHOLE: Duration = Duration::from_secs(30);

/// One round. `restart` returns when what was killed is up again.
pub async fn round(
    stage: &mut Stage,
    kill: impl FnOnce(&mut Stage),
    dead_for: Duration,
    restart: impl AsyncFnOnce(&mut Stage) -> Result<()>,
) -> Result<Round> {
    stage.town.order(TALKING);
    let online = stage.town.is_online(WHOLE).await;
    sleep(Duration::from_millis(rand::random_range(1_000..2_500))).await;
    kill(stage);
    sleep(dead_for).await;
    let restarting = Instant::now();
    restart(stage).await?;
    let up = Instant::now();
    let back = stage.town.acknowledged_after(up, WHOLE).await;
    let silent = stage.town.falls_silent().await;
    Ok(Round::new(stage.town.verdict().await?)
        .within("start", Some(up - restarting), None)
        .within("first ack", back.first, Some(BACK))
        .within("all back", back.everybody, Some(BACK))
        .within("whole", silent, Some(WHOLE))
        .expect(online, "everybody is online before the failure"))
}

/// Some time up to this.
pub fn up_to(milliseconds: u64) -> Duration {
    Duration::from_millis(rand::random_range(0..milliseconds))
}
