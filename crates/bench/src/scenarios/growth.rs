//! Scenario `growth`: latency of the verbs by the size of a conversation, and the query plans at
//! its largest.

mod plans;
mod verb;

use crate::{
    env::BenchEnv,
    error::Result,
    in_process::InProcess,
    options::Options,
    results::Results,
    stats::{Latencies, as_f64},
};
use bench::seed::SeededUser;
use model::ConversationId;
use tokio::time::Instant;
use verb::{Verb, VerbCall};

/// Measured calls of each verb.
const REPEATS: i64 = 200;

/// Calls before that, not measured: connections prepare their statements, and Postgres chooses
/// between generic and custom plans.
const WARM_UP_CALLS: i64 = 20;

/// Members of the conversation whose messages grow.
const MEMBERS: usize = 100;

/// Messages of the conversations whose members grow.
const MESSAGES: usize = 10_000;
const MEMBER_COUNTS: [usize; 4] = [10, 100, 1000, 10_000];

/// Users in other conversations: with one conversation in a table, the planner would plan for one
/// row.
const OTHER_USERS: usize = 1000;

/// `auto_explain` is loaded, and logs nothing until it is enabled.
const AUTO_EXPLAIN_SETTINGS: &str = "session_preload_libraries = 'auto_explain'\n";

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("growth");
    let settings = format!("{AUTO_EXPLAIN_SETTINGS}{}", options.postgres);
    let env = BenchEnv::with(&settings).await?;
    let other_users = env.seeder.create_users(OTHER_USERS).await?;
    for eight in other_users.windows(8) {
        let id = env.seeder.create_group(eight).await?;
        env.seeder.create_messages(id, 20).await?;
    }
    let users = env.seeder.create_users(MEMBERS).await?;
    let id = env.seeder.create_group(&users).await?;
    let mut size = 0;
    for next in [10_000, 100_000, 1_000_000] {
        if next > options.most {
            break;
        }
        env.seeder.create_messages(id, next - size).await?;
        size = next;
        env.seeder.vacuum_and_checkpoint().await?;
        measure(&env, (&users, id), ("messages", size), &mut results).await?;
    }
    let text = plans::explain(&env, &users, id).await?;
    plans::save(&text, size)?;
    for size in MEMBER_COUNTS {
        let users = env.seeder.create_users(size).await?;
        let id = env.seeder.create_group(&users).await?;
        env.seeder.create_messages(id, MESSAGES).await?;
        env.seeder.vacuum_and_checkpoint().await?;
        measure(&env, (&users, id), ("members", size), &mut results).await?;
    }
    results.finish()
}

async fn measure(
    env: &BenchEnv,
    (users, id): (&[SeededUser], ConversationId),
    (chart, size): (&str, usize),
    results: &mut Results,
) -> Result<()> {
    let in_process = InProcess::open(env, 4).await?;
    for verb in Verb::ALL {
        let mut call = VerbCall::new(env, users, id).await?;
        let mut latencies = Latencies::default();
        for nth in 0..WARM_UP_CALLS + REPEATS {
            call.nth = nth;
            let start = Instant::now();
            verb.run(&in_process.chat, &call).await?;
            if nth >= WARM_UP_CALLS {
                latencies.record(start.elapsed());
            }
        }
        let (median, size) = (latencies.percentile(50.0), as_f64(size as u64));
        results.record(verb.name(), &format!("{size} {chart}"), median, "ms");
        results.point(chart, verb.name(), (size, median));
    }
    in_process.close().await;
    Ok(())
}
