//! The plans that Postgres really took, of every statement behind the verbs, nested ones too.

use super::verb::{Turn, Verb};
use crate::{error::Result, in_process::InProcess, world::World};
use bench::people::Person;
use model::ConversationId;
use std::{fmt::Write, fs};

const FILE: &str = "docs/performance/plans.txt";

/// Done so often before its plans are looked at: after five times, Postgres may choose a plan for all.
const BEFORE: i64 = 8;

const ON: [&str; 5] = [
    "alter system set auto_explain.log_min_duration = 0",
    "alter system set auto_explain.log_analyze = on",
    "alter system set auto_explain.log_buffers = on",
    "alter system set auto_explain.log_nested_statements = on",
    "select pg_reload_conf()",
];
const OFF: [&str; 2] = ["alter system reset all", "select pg_reload_conf()"];

pub async fn explain(world: &World, people: &[Person], id: ConversationId) -> Result<String> {
    let mut text = String::new();
    for verb in Verb::ALL {
        let parlance = InProcess::open(world, 1).await?;
        let mut turn = Turn::new(world, people, id).await?;
        for nth in 0..BEFORE {
            turn.nth = 1000 + nth;
            verb.act(&parlance.chat, &turn).await?;
        }
        settled().await;
        set(world, &ON).await?;
        let before = log(world)?.len();
        turn.nth = 1000 + BEFORE;
        verb.act(&parlance.chat, &turn).await?;
        settled().await;
        set(world, &OFF).await?;
        let log = log(world)?;
        let written = log.get(before..).unwrap_or_default();
        let _ = writeln!(text, "\n==== {}\n{}", verb.name(), plans(written));
        parlance.close().await;
    }
    Ok(text)
}

pub fn save(plans: &str, messages: usize) -> Result<()> {
    let head = format!(
        "The plans of the hot path in a conversation of {messages} messages, as auto_explain saw them:\n\
         written by `bin/bench growth`, explained in docs/performance.md.\n"
    );
    fs::create_dir_all("docs/performance")?;
    Ok(fs::write(FILE, head + plans)?)
}

async fn set(world: &World, statements: &[&'static str]) -> Result<()> {
    for statement in statements {
        sqlx::raw_sql(*statement)
            .execute(&world.people.pool)
            .await?;
    }
    // Backends read the new settings between statements, once they have heard the signal.
    settled().await;
    Ok(())
}

/// What a verb does after its answer is done, and the log is written.
async fn settled() {
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
}

fn log(world: &World) -> Result<String> {
    Ok(fs::read_to_string(world.postgres.log())?)
}

/// The entries of the log that are plans, without what is different each time or says nothing.
fn plans(log: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in log.lines() {
        if let Some((_, duration)) = line.split_once("LOG:  duration: ") {
            inside = duration.ends_with("plan:");
            if inside {
                let _ = writeln!(text, "\n-- {}", duration.trim_end_matches("  plan:"));
            }
        } else if !line.starts_with('\t') {
            inside = false;
        } else if inside {
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
