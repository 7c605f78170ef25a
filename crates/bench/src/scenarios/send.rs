//! Scenario `send`: acknowledged sends of 32 connections, all to one hot conversation, or each to
//! its own.

use crate::{
    closed_loop::{Window, send_closed_loop},
    env::BenchEnv,
    error::Result,
    options::{Options, WARM_UP},
    results::{Results, Threshold},
    stats::as_f64,
    target::SystemUnderTest,
};
use bench::{process_stats::CpuMeter, seed::SeededUser};
use model::ConversationId;

const SENDERS: usize = 32;

/// Members of each conversation when the sends are spread; only the sender is connected.
const MEMBERS: usize = 8;

struct SenderGroup {
    name: &'static str,
    senders: Vec<(SeededUser, ConversationId)>,
}

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("send");
    let env = BenchEnv::new(options).await?;
    let groups = [hot(&env).await?, spread(&env).await?];
    env.seeder.vacuum_and_checkpoint().await?;
    for _ in 0..options.runs {
        for system in [SystemUnderTest::Parlance, SystemUnderTest::Node] {
            if options.of.contains(&system) {
                for group in &groups {
                    measure(&env, system, group, options, &mut results).await?;
                }
            }
        }
    }
    results.ratio("hot", "parlance", "node", Some(Threshold::AtLeast(5.0)));
    results.ratio("spread", "parlance", "node", Some(Threshold::AtLeast(2.0)));
    results.finish()
}

async fn hot(env: &BenchEnv) -> Result<SenderGroup> {
    let users = env.seeder.create_users(SENDERS).await?;
    let id = env.seeder.create_group(&users).await?;
    let senders = users.into_iter().map(|user| (user, id)).collect();
    Ok(SenderGroup {
        name: "hot",
        senders,
    })
}

async fn spread(env: &BenchEnv) -> Result<SenderGroup> {
    let mut senders = Vec::new();
    for _ in 0..SENDERS {
        let users = env.seeder.create_users(MEMBERS).await?;
        senders.push((users[0], env.seeder.create_group(&users).await?));
    }
    Ok(SenderGroup {
        name: "spread",
        senders,
    })
}

async fn measure(
    env: &BenchEnv,
    system: SystemUnderTest,
    group: &SenderGroup,
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let server = env.start(system).await?;
    let users: Vec<_> = group.senders.iter().map(|it| it.0).collect();
    let connections = env.connect(&server, &users).await?;
    let ids = group.senders.iter().map(|it| it.1);
    let senders = connections.into_iter().zip(ids).collect();
    let window = Window::after(WARM_UP, options.measured());
    let meter = CpuMeter::start(server.pid());
    let latencies = send_closed_loop(senders, window).await?;
    let spent = meter.spent();
    let (what, of) = (group.name, system.name());
    let seconds = options.measured().as_secs_f64();
    results.record(what, of, as_f64(latencies.count()) / seconds, "sends/s");
    let busy = spent.as_secs_f64() / (WARM_UP + options.measured()).as_secs_f64();
    results.record(&format!("{what}, server"), of, busy * 100.0, "% of a core");
    results.latencies(&format!("{what}, acknowledged after"), of, &latencies);
    Ok(())
}
