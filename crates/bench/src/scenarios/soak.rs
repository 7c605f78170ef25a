//! Scenario `soak`, a company's day for an hour: memory, files, threads and tasks of the server,
//! sampled every five seconds.

use super::mix::{Company, Workload, plan};
use crate::{
    env::{BenchEnv, RunningServer},
    error::Result,
    metrics,
    options::Options,
    results::{RESULTS_FOLDER, Results, Threshold},
    stats::as_f64,
    target::SystemUnderTest,
};
use bench::process_stats;
use rand::{SeedableRng, rngs::StdRng};
use std::{fmt::Write, fs, path::PathBuf, time::Duration};
use tokio::time::{Instant, interval};

const SAMPLE_INTERVAL: Duration = Duration::from_secs(5);

/// Length of each plan; the day is a series of them.
const PLAN_LENGTH: Duration = Duration::from_mins(1);

const SEED: u64 = 60;

/// Allowed ratio of the maximum at the end to the maximum after the warm-up.
const MAX_GROWTH: f64 = 1.1;

/// One sample of the server. Memory is in MB.
#[derive(Clone, Copy, Default)]
struct Sample {
    minutes: f64,
    rss: f64,
    descriptors: f64,
    threads: f64,
    tasks: f64,
}

/// Name of a measurement, and its value in a sample.
type Metric = (&'static str, fn(&Sample) -> f64);

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("soak");
    let env = BenchEnv::new(options).await?;
    let company = Company::create(&env).await?;
    env.seeder.vacuum_and_checkpoint().await?;
    let server = env.start(SystemUnderTest::Parlance).await?;
    let mut workload = Workload::connect(&env, &server, &company).await?;
    let sizes = company.sizes();
    let end = Instant::now() + Duration::from_secs(options.minutes * 60);
    let mut rng = StdRng::seed_from_u64(SEED);
    let working = async {
        while Instant::now() < end {
            let part = plan::steps(&sizes, PLAN_LENGTH, options.load, &mut rng);
            workload.run(&part).await?;
        }
        Ok::<_, crate::error::Error>(workload.report())
    };
    let mut samples = Vec::new();
    let report = tokio::select! {
        report = working => report?,
        never = sample_forever(&server, &mut samples) => never,
    };
    results.latencies("delivered after", "parlance", &report.delivered);
    results.record(
        "deliveries",
        "parlance",
        as_f64(report.delivered.count()),
        "",
    );
    results.record("lost", "parlance", as_f64(report.lost), "");
    save(&samples, &mut results)?;
    results.finish()
}

/// Samples until it is dropped, and prints a line each minute.
async fn sample_forever<T>(server: &RunningServer, samples: &mut Vec<Sample>) -> T {
    let start = Instant::now();
    let mut ticks = interval(SAMPLE_INTERVAL);
    loop {
        ticks.tick().await;
        let pid = server.pid();
        let sample = Sample {
            minutes: start.elapsed().as_secs_f64() / 60.0,
            rss: as_f64(process_stats::memory(pid).rss) / 1024.0,
            descriptors: as_f64(process_stats::descriptors(pid)),
            threads: as_f64(process_stats::threads(pid)),
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

/// Stores the plots and a CSV file, and compares the end with the time after the warm-up.
fn save(samples: &[Sample], results: &mut Results) -> Result<()> {
    let mut table = "minutes,rss_mb,descriptors,threads,tasks\n".to_owned();
    for it in samples {
        let _ = writeln!(
            table,
            "{:.3},{:.1},{},{},{}",
            it.minutes, it.rss, it.descriptors, it.threads, it.tasks
        );
    }
    fs::create_dir_all(RESULTS_FOLDER)?;
    fs::write(PathBuf::from(RESULTS_FOLDER).join("soak.csv"), table)?;
    let metrics: [Metric; 4] = [
        ("RSS, MB", |it| it.rss),
        ("files", |it| it.descriptors),
        ("threads", |it| it.threads),
        ("tasks", |it| it.tasks),
    ];
    for (what, value) in metrics {
        for sample in samples {
            results.point(what, "parlance", (sample.minutes, value(sample)));
        }
        // Maxima over one sixth of the samples: the second sixth, and the last.
        let part = (samples.len() / 6).max(1);
        let maximum = |samples: &[Sample]| samples.iter().map(value).fold(0.0, f64::max);
        let start_maximum =
            maximum(&samples[part.min(samples.len() - 1)..(part * 2).min(samples.len())]);
        let end_maximum = maximum(&samples[samples.len() - part..]);
        results.record(
            &format!("{what}, after the warm-up"),
            "parlance",
            start_maximum,
            "",
        );
        results.record(&format!("{what}, at the end"), "parlance", end_maximum, "");
        if start_maximum > 0.0 {
            let name = format!("{what}: the end to after the warm-up");
            results.ratio_of(
                &name,
                end_maximum,
                start_maximum,
                Some(Threshold::AtMost(MAX_GROWTH)),
            );
        }
    }
    Ok(())
}
