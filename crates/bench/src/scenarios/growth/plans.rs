//! Query plans that Postgres used for every statement behind the verbs, nested statements included.

use super::verb::{Verb, VerbCall};
use crate::{env::BenchEnv, error::Result, in_process::InProcess};
use bench::seed::SeededUser;
use model::ConversationId;
use std::{fmt::Write, fs};

const PLANS_FILE: &str = "docs/performance/plans.txt";

/// Calls before the plans are logged: after five executions Postgres may switch to a generic plan.
const WARM_UP_CALLS: i64 = 8;

const ENABLE: [&str; 5] = [
    "alter system set auto_explain.log_min_duration = 0",
    "alter system set auto_explain.log_analyze = on",
    "alter system set auto_explain.log_buffers = on",
    "alter system set auto_explain.log_nested_statements = on",
    "select pg_reload_conf()",
];
const DISABLE: [&str; 2] = ["alter system reset all", "select pg_reload_conf()"];

pub async fn explain(env: &BenchEnv, users: &[SeededUser], id: ConversationId) -> Result<String> {
    let mut text = String::new();
    for verb in Verb::ALL {
        let in_process = InProcess::open(env, 1).await?;
        let mut call = VerbCall::new(env, users, id).await?;
        for nth in 0..WARM_UP_CALLS {
            call.nth = 1000 + nth;
            verb.run(&in_process.chat, &call).await?;
        }
        wait_for_log().await;
        apply_settings(env, &ENABLE).await?;
        let before = log(env)?.len();
        call.nth = 1000 + WARM_UP_CALLS;
        verb.run(&in_process.chat, &call).await?;
        wait_for_log().await;
        apply_settings(env, &DISABLE).await?;
        let log = log(env)?;
        let appended = log.get(before..).unwrap_or_default();
        let _ = writeln!(text, "\n==== {}\n{}", verb.name(), plans(appended));
        in_process.close().await;
    }
    Ok(text)
}

pub fn save(plans: &str, messages: usize) -> Result<()> {
    let head = format!(
        "The plans of the hot path in a conversation of {messages} messages, as auto_explain saw them:\n\
         written by `bin/bench growth`, explained in docs/performance.md.\n"
    );
    fs::create_dir_all("docs/performance")?;
    Ok(fs::write(PLANS_FILE, head + plans)?)
}

async fn apply_settings(env: &BenchEnv, statements: &[&'static str]) -> Result<()> {
    for statement in statements {
        sqlx::raw_sql(*statement).execute(&env.seeder.pool).await?;
    }
    // Backends reload the settings between statements, after the signal.
    wait_for_log().await;
    Ok(())
}

/// Waits until the verb's background work is done and the log is written.
async fn wait_for_log() {
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
}

fn log(env: &BenchEnv) -> Result<String> {
    Ok(fs::read_to_string(env.postgres.log())?)
}

/// Log entries that are plans, without time stamps and other lines.
fn plans(log: &str) -> String {
    let mut text = String::new();
    let mut in_plan = false;
    for line in log.lines() {
        if let Some((_, duration)) = line.split_once("LOG:  duration: ") {
            in_plan = duration.ends_with("plan:");
            if in_plan {
                let _ = writeln!(text, "\n-- {}", duration.trim_end_matches("  plan:"));
            }
        } else if !line.starts_with('\t') {
            in_plan = false;
        } else if in_plan {
            let _ = writeln!(text, "{}", line.trim_start_matches('\t'));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::plans;

    #[test]
    fn only_plans_are_kept() {
        let log = "2026 LOG:  checkpoint starting\n\
            2026 LOG:  duration: 0.5 ms  plan:\n\tQuery Text: select 1\n\tResult\n\
            2026 LOG:  something else\n\tof no interest\n";
        assert_eq!(plans(log), "\n-- 0.5 ms\nQuery Text: select 1\nResult\n");
    }
}
