//! Scenario `mix`, a company's day: 500 users who send, read, type, page back and search.

mod company;
mod measurements;
pub mod plan;
mod workload;

pub use company::Company;
pub use workload::Workload;

use crate::{
    env::BenchEnv,
    error::Result,
    options::Options,
    results::{Results, Threshold},
    stats::as_f64,
    target::SystemUnderTest,
};
use bench::process_stats::CpuMeter;
use plan::Action;
use rand::{SeedableRng, rngs::StdRng};
use std::time::Duration;

/// Warm-up of the plan, until all presence events of the connecting are delivered. In a company users
/// come one by one; what it costs when all come at once is measured by `reconnect`.
const ARRIVAL: Duration = Duration::from_secs(8);

/// Factor on `--seconds`: in less time, the slowest hundredth of the deliveries would be two or three
/// messages to everybody.
const DURATION_FACTOR: u32 = 6;

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("mix");
    let env = BenchEnv::new(options).await?;
    let company = Company::create(&env).await?;
    env.seeder.vacuum_and_checkpoint().await?;
    for run in 0..options.runs {
        for system in [SystemUnderTest::Parlance, SystemUnderTest::Node] {
            if options.of.contains(&system) {
                let rng = StdRng::seed_from_u64(company::SEED + u64::from(run));
                measure(&env, &company, (system, rng), options, &mut results).await?;
            }
        }
    }
    results.ratio(
        "delivered after, p99",
        "parlance",
        "node",
        Some(Threshold::AtMost(0.5)),
    );
    results.ratio("delivered after, p50", "parlance", "node", None);
    results.ratio("CPU", "parlance", "node", None);
    results.finish()
}

async fn measure(
    env: &BenchEnv,
    company: &Company,
    (system, mut rng): (SystemUnderTest, StdRng),
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let server = env.start(system).await?;
    let of = system.name();
    let mut workload = Workload::connect(env, &server, company).await?;
    let sizes = company.sizes();
    let warm_up = plan::steps(&sizes, ARRIVAL, options.load, &mut rng);
    workload.run(&warm_up).await?;
    workload.reset_latencies();
    let time = options.measured() * DURATION_FACTOR;
    let day = plan::steps(&sizes, time, options.load, &mut rng);
    let meter = CpuMeter::start(server.pid());
    workload.run(&day).await?;
    let spent = meter.spent().as_secs_f64();
    let report = workload.report();
    results.latencies("delivered after", of, &report.delivered);
    for (what, action) in [
        ("a page after", Action::Page),
        ("a search after", Action::Search),
    ] {
        if let Some(latencies) = report.answered(action) {
            results.latencies(what, of, latencies);
        }
    }
    results.record("CPU", of, spent / time.as_secs_f64() * 100.0, "% of a core");
    results.record("deliveries", of, as_f64(report.delivered.count()), "");
    results.record("other events", of, as_f64(report.others), "");
    results.record("lost", of, as_f64(report.lost), "");
    Ok(())
}
