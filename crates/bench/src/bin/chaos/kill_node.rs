//! Failure `kill_node`: one of two nodes is killed under load. Its clients reconnect to the other
//! node; the clients of the other node keep their connections, and miss nothing that the dead node had
//! committed and not published.

use crate::{
    home_node::home_node,
    report::{Report, Round},
    settings::{Result, Settings},
    simulated_client::ClientCommand,
    test_bed::TestBed,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Promised time until every client has an acknowledgement, from the other node if need be.
const ACK_DEADLINE: Duration = Duration::from_secs(5);

/// Promised time until every client has every change, those included that the dead node did not
/// publish.
const CONVERGENCE_DEADLINE: Duration = Duration::from_secs(30);

pub async fn run(settings: &Settings) -> Result<Report> {
    let mut bed = TestBed::pair(settings).await?;
    let mut report = Report::new("kill_node");
    for number in 0..settings.rounds(10) {
        report.add(round(&mut bed, number % 2).await?);
    }
    Ok(report)
}

async fn round(bed: &mut TestBed, victim: usize) -> Result<Round> {
    // Every client goes back to its home node.
    bed.population.reconnect();
    bed.population.command(ClientCommand::SEND_FAST);
    let online = bed.population.all_online(CONVERGENCE_DEADLINE).await;
    sleep(Duration::from_millis(rand::random_range(1_500..3_000))).await;
    let unaffected = |number: &usize| home_node(*number, 2) != victim;
    let before: u64 = bed.population.connections(unaffected);

    bed.nodes[victim].kill();
    let killed_at = Instant::now();
    let acks = bed
        .population
        .first_acks_after(killed_at, CONVERGENCE_DEADLINE)
        .await;
    let quiesced = bed.population.quiesce().await;
    let after = bed.population.connections(unaffected);
    let check = bed.population.check().await?;
    bed.nodes[victim].start().await?;
    Ok(Round::new(check)
        .within("first ack", acks.first, Some(ACK_DEADLINE))
        .within("all back", acks.all, Some(ACK_DEADLINE))
        .within("whole", quiesced, Some(CONVERGENCE_DEADLINE))
        .expect(online, "everybody is online before the failure")
        .expect(before == after, "nobody of the other node reconnects"))
}
