//! Command line of the failure runner, and the error type of its scenarios.

use clap::{Parser, ValueEnum};
use std::{error::Error, path::PathBuf};

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Breaks Parlance on purpose while well-behaved clients send, and compares what every client has,
/// what the database has, and what was acknowledged.
#[derive(Debug, Parser)]
#[command(name = "chaos")]
pub struct Settings {
    /// What to break; all of them, one after the other, when none is named
    #[arg(value_enum)]
    pub failures: Vec<Failure>,

    /// How often, instead of each failure's own number
    #[arg(long)]
    pub rounds: Option<usize>,

    /// Few and short rounds: to see that it runs, not to prove anything
    #[arg(long)]
    pub quick: bool,

    /// A line for postgresql.conf. With `synchronous_commit = off`, killing Postgres
    /// must lose messages: that shows that a loss would be seen
    #[arg(long, default_value = "")]
    pub postgres: String,

    /// Where the results are written
    #[arg(long, default_value = "target/chaos")]
    pub results: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Failure {
    /// `kill -9` of the server, 50 times
    KillServer,
    /// `kill -9` of Postgres with all its processes, 20 times
    KillPostgres,
    /// `kill -9` of one of two nodes, 10 times
    KillNode,
    /// `kill -9` of one node with a Redis every 4 s, under 40 clients that are back at once, 50 times
    KillOnBus,
    /// The same, but stopped as an operator does
    RestartOnBus,
    /// Two nodes that are stopped and started in turn, under 40 clients, 10 times
    RollingRestart,
    /// Redis killed for 30 s, 3 times
    RedisAway,
    /// A node without Redis for 60 s: its packets are dropped silently
    CutBus,
    /// The same, without Redis and without Postgres
    CutBusAndDatabase,
    /// The same, with nothing at all: its clients can't reach it either
    CutOff,
    /// A client that does not read
    PausedClient,
    /// The clock of the server and of Postgres jumps by an hour, there and back, 3 times
    ClockJump,
}

impl Settings {
    /// Number of rounds of a failure: `--rounds`, else its usual number, at most 2 with `--quick`.
    pub fn rounds(&self, usual: usize) -> usize {
        let usual = if self.quick { usual.min(2) } else { usual };
        self.rounds.unwrap_or(usual)
    }
}
