//! The server dies by `kill -9` under load, again and again, and is started again.

use crate::{Result, Settings, killed, report::Report, stage::Stage};

pub async fn run(settings: &Settings) -> Result<Report> {
    let mut stage = Stage::single(settings).await?;
    let mut report = Report::new("kill_server");
    for _ in 0..settings.rounds(50) {
        let round = killed::round(
            &mut stage,
            |stage| stage.nodes[0].kill(),
            killed::up_to(500),
            async |stage| Ok(stage.nodes[0].start().await?),
        );
        report.add(round.await?);
    }
    Ok(report)
}
