//! Scenario `lone`: latency of a single sender.

use crate::{
    closed_loop::{Window, send_closed_loop},
    env::BenchEnv,
    error::Result,
    options::{Options, WARM_UP},
    results::{Results, Threshold},
    target::SystemUnderTest,
};

const MEMBERS: usize = 8;

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("lone");
    let env = BenchEnv::new(options).await?;
    let users = env.seeder.create_users(MEMBERS).await?;
    let id = env.seeder.create_group(&users).await?;
    env.seeder.vacuum_and_checkpoint().await?;
    for _ in 0..options.runs {
        for system in [SystemUnderTest::Parlance, SystemUnderTest::Node] {
            if !options.of.contains(&system) {
                continue;
            }
            let server = env.start(system).await?;
            let senders = env.connect(&server, &users[..1]).await?;
            let window = Window::after(WARM_UP, options.measured());
            let senders = senders.into_iter().map(|sender| (sender, id)).collect();
            let latencies = send_closed_loop(senders, window).await?;
            results.latencies("acknowledged after", system.name(), &latencies);
        }
    }
    let threshold = Some(Threshold::AtMost(1.0));
    results.ratio("acknowledged after, p50", "parlance", "node", threshold);
    results.ratio("acknowledged after, p99", "parlance", "node", None);
    results.finish()
}
