//! A company's day for an hour: what the server holds, sampled every few seconds.

use super::mix::{Crowd, Town, plan};
use crate::{
    contender::Contender,
    error::Result,
    metrics,
    numbers::count,
    options::Options,
    results::{FOLDER, Results, Target},
    world::{Running, World},
};
use bench::usage;
use rand::{SeedableRng, rngs::StdRng};
use std::{fmt::Write, fs, path::PathBuf, time::Duration};
use tokio::time::{Instant, interval};

const PACE: Duration = Duration::from_secs(5);

/// The day is planned in pieces.
const PIECE: Duration = Duration::from_mins(1);

const SEED: u64 = 60;

/// How much more than after a sixth of the time is still flat.
const FLAT: f64 = 1.1;

/// What is looked at.
#[derive(Clone, Copy, Default)]
struct Sample {
    minutes: f64,
    rss: f64,
    descriptors: f64,
    threads: f64,
    tasks: f64,
}

/// What is looked at, by its name.
type Kind = (&'static str, fn(&Sample) -> f64);

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("soak");
    let world = World::new(options).await?;
    let town = Town::found(&world).await?;
    world.people.settle().await?;
    let server = world.start(Contender::Parlance).await?;
    let mut crowd = Crowd::gather(&world, &server, &town).await?;
    let sizes = town.sizes();
    let end = Instant::now() + Duration::from_secs(options.minutes * 60);
    let mut rng = StdRng::seed_from_u64(SEED);
    let living = async {
        while Instant::now() < end {
            let piece = plan::steps(&sizes, PIECE, options.load, &mut rng);
            crowd.live(&piece).await?;
        }
        Ok::<_, crate::error::Error>(crowd.report())
    };
    let mut samples = Vec::new();
    let report = tokio::select! {
        report = living => report?,
        never = watch(&server, &mut samples) => never,
    };
    results.latencies("delivered after", "parlance", &report.delivered);
    results.record(
        "deliveries",
        "parlance",
        count(report.delivered.count()),
        "",
    );
    results.record("lost", "parlance", count(report.lost), "");
    save(&samples, &mut results)?;
    results.finish()
}

/// Looks for ever, and prints a line each minute.
async fn watch<T>(server: &Running, samples: &mut Vec<Sample>) -> T {
    let start = Instant::now();
    let mut ticks = interval(PACE);
    loop {
        ticks.tick().await;
        let pid = server.pid();
        let sample = Sample {
            minutes: start.elapsed().as_secs_f64() / 60.0,
            rss: count(usage::memory(pid).rss) / 1024.0,
            descriptors: count(usage::descriptors(pid)),
            threads: count(usage::threads(pid)),
            tasks: metrics::read(server, "tasks").await.unwrap_or_default(),
        };
        if samples.len().is_multiple_of(12) {
            let Sample {
                minutes,
                rss,
                descriptors,
                threads,
                tasks,
            } = sample;
            println!(
                "   {minutes:.0} min: {rss:.1} MB, {descriptors} files, {threads} threads, {tasks} tasks"
            );
        }
        samples.push(sample);
    }
}

/// The lines of the plot, the table for others, and whether the end is as the beginning.
fn save(samples: &[Sample], results: &mut Results) -> Result<()> {
    let mut table = "minutes,rss_mb,descriptors,threads,tasks\n".to_owned();
    for it in samples {
        let _ = writeln!(
            table,
            "{:.3},{:.1},{},{},{}",
            it.minutes, it.rss, it.descriptors, it.threads, it.tasks
        );
    }
    fs::create_dir_all(FOLDER)?;
    fs::write(PathBuf::from(FOLDER).join("soak.csv"), table)?;
    let kinds: [Kind; 4] = [
        ("RSS, MB", |it| it.rss),
        ("files", |it| it.descriptors),
        ("threads", |it| it.threads),
        ("tasks", |it| it.tasks),
    ];
    for (what, value) in kinds {
        for sample in samples {
            results.point(what, "parlance", (sample.minutes, value(sample)));
        }
        // After the warm-up, and at the end: the highest of a while.
        let piece = (samples.len() / 6).max(1);
        let most = |samples: &[Sample]| samples.iter().map(value).fold(0.0, f64::max);
        let early = most(&samples[piece.min(samples.len() - 1)..(piece * 2).min(samples.len())]);
        let late = most(&samples[samples.len() - piece..]);
        results.record(&format!("{what}, after the warm-up"), "parlance", early, "");
        results.record(&format!("{what}, at the end"), "parlance", late, "");
        if early > 0.0 {
            let name = format!("{what}: the end to after the warm-up");
            results.ratio_of(&name, late, early, Some(Target::AtMost(FLAT)));
        }
    }
    Ok(())
}
