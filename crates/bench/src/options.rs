//! The command line.

use crate::target::SystemUnderTest;
use clap::{Parser, ValueEnum};
use std::time::Duration;

/// Measures Parlance beside a Node server of equal function, bare socketioxide and pgbench.
///
/// The generator shares the machine with what it measures: only ratios of one run mean anything.
#[derive(Clone, Debug, Parser)]
#[command(name = "bench")]
pub struct Options {
    /// What to measure
    #[arg(required = true, value_enum)]
    pub scenarios: Vec<Name>,

    /// How often each is repeated; the figures are medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,

    /// Seconds that each measurement takes
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,

    /// Whom to measure, of those that a scenario knows
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = SystemUnderTest::ALL)]
    pub of: Vec<SystemUnderTest>,

    /// Connections, where there are many
    #[arg(long)]
    pub connections: Option<usize>,

    /// How busy the day of `mix` and `soak` is
    #[arg(long, default_value_t = 1.0)]
    pub load: f64,

    /// Minutes of `soak`
    #[arg(long, default_value_t = 60)]
    pub minutes: u64,

    /// Messages that `growth` grows to
    #[arg(long, default_value_t = 1_000_000)]
    pub most: usize,

    /// Lines of postgresql.conf, instead of what Postgres comes with
    #[arg(long, default_value = "")]
    pub postgres: String,
}

/// Before that nothing counts: caches fill, connections to the database open.
pub const WARM_UP: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// All of the following, up to `mix`
    All,
    /// Sends in process against pgbench's inserts
    Write,
    /// Sends through sockets, acknowledged: one hot conversation, and spread
    Send,
    /// One message to a thousand
    Fanout,
    /// Memory of connections that do nothing
    Idle,
    /// Everybody comes back at once
    Reconnect,
    /// Pages of a long conversation, and of what a search finds
    History,
    /// Somebody sends alone
    Lone,
    /// A company's day
    Mix,
    /// One node, two and three on one Postgres
    Nodes,
    /// Cost against the size of a conversation, and the plans of what it takes
    Growth,
    /// A company's day for an hour: what grows
    Soak,
    /// Draws what was measured into docs/performance
    Report,
}

impl Options {
    pub fn measured(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
