//! One round of a crash: clients send, a process is killed and restarted, the clients are
//! acknowledged again soon, and in the end every client has every message.

use crate::{report::Round, settings::Result, simulated_client::ClientCommand, test_bed::TestBed};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Promised time from the restart until every client has an acknowledgement.
const ACK_DEADLINE: Duration = Duration::from_secs(5);

/// Promised time until every outbox is empty and every client has every change.
const CONVERGENCE_DEADLINE: Duration = Duration::from_secs(30);

/// Runs one round. `restart` returns when what was killed is ready again.
pub async fn run(
    bed: &mut TestBed,
    kill: impl FnOnce(&mut TestBed),
    downtime: Duration,
    restart: impl AsyncFnOnce(&mut TestBed) -> Result<()>,
) -> Result<Round> {
    bed.population.command(ClientCommand::SEND_FAST);
    let online = bed.population.all_online(CONVERGENCE_DEADLINE).await;
    sleep(Duration::from_millis(rand::random_range(1_000..2_500))).await;
    kill(bed);
    sleep(downtime).await;
    let restarting = Instant::now();
    restart(bed).await?;
    let up = Instant::now();
    let acks = bed
        .population
        .first_acks_after(up, CONVERGENCE_DEADLINE)
        .await;
    let quiesced = bed.population.quiesce().await;
    Ok(Round::new(bed.population.check().await?)
        .within("start", Some(up - restarting), None)
        .within("first ack", acks.first, Some(ACK_DEADLINE))
        .within("all back", acks.all, Some(ACK_DEADLINE))
        .within("whole", quiesced, Some(CONVERGENCE_DEADLINE))
        .expect(online, "everybody is online before the failure"))
}

/// A random duration below so many milliseconds.
pub fn random_below(milliseconds: u64) -> Duration {
    Duration::from_millis(rand::random_range(0..milliseconds))
}
