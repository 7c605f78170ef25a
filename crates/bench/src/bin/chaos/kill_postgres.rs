//! Postgres dies with all its processes under load, and recovers from what it has synced.

use crate::{Result, Settings, killed, report::Report, stage::Stage};

pub async fn run(settings: &Settings) -> Result<Report> {
    let mut stage = Stage::single(settings).await?;
    let mut report = Report::new("kill_postgres");
    for _ in 0..settings.rounds(20) {
        let round = killed::round(
            &mut stage,
            |stage| stage.postgres.kill(),
            killed::up_to(2_000),
            async |stage| {
                stage.postgres.launch()?;
                Ok(stage.postgres.wait().await?)
            },
        );
        report.add(round.await?);
    }
    Ok(report)
}
