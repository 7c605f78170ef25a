//! Failure `kill_postgres`: all processes of Postgres are killed under load, and it recovers from its
//! write-ahead log.

use crate::{
    crash_round,
    report::Report,
    settings::{Result, Settings},
    test_bed::TestBed,
};

pub async fn run(settings: &Settings) -> Result<Report> {
    let mut bed = TestBed::single(settings).await?;
    let mut report = Report::new("kill_postgres");
    for _ in 0..settings.rounds(20) {
        let round = crash_round::run(
            &mut bed,
            |bed| bed.postgres.kill(),
            crash_round::random_below(2_000),
            async |bed| {
                bed.postgres.launch()?;
                Ok(bed.postgres.wait().await?)
            },
        );
        report.add(round.await?);
    }
    Ok(report)
}
