//! Failure `kill_server`: the server is killed with `kill -9` under load and restarted, again and
//! again.

use crate::{
    crash_round,
    report::Report,
    settings::{Result, Settings},
    test_bed::TestBed,
};

pub async fn run(settings: &Settings) -> Result<Report> {
    let mut bed = TestBed::single(settings).await?;
    let mut report = Report::new("kill_server");
    for _ in 0..settings.rounds(50) {
        let round = crash_round::run(
            &mut bed,
            |bed| bed.nodes[0].kill(),
            crash_round::random_below(500),
            async |bed| Ok(bed.nodes[0].start().await?),
        );
        report.add(round.await?);
    }
    Ok(report)
}
