//! Command line of the load generator.

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

    /// Which systems to measure, of those that a scenario knows
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = SystemUnderTest::ALL)]
    pub of: Vec<SystemUnderTest>,

    /// Connections, for the scenarios with many of them
    #[arg(long)]
    pub connections: Option<usize>,

    /// Factor on the load of `mix` and `soak`
    #[arg(long, default_value_t = 1.0)]
    pub load: f64,

    /// Minutes of `soak`
    #[arg(long, default_value_t = 60)]
    pub minutes: u64,

    /// Messages that `growth` grows to
    #[arg(long, default_value_t = 1_000_000)]
    pub most: usize,

    /// Lines of postgresql.conf, in addition to the defaults of Postgres
    #[arg(long, default_value = "")]
    pub postgres: String,
}

/// Time before each measurement that does not count: caches fill, database connections open.
pub const WARM_UP: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// All of the following, up to `mix`
    All,
    /// Sends in process against pgbench's inserts
    Write,
    /// Sends through sockets, acknowledged: to one hot conversation, and spread over many
    Send,
    /// One message to a thousand connections
    Fanout,
    /// One message to a thousand connections of an app's users at a door; with `BASELINE_PROGRAM`
    /// also with that program of Parlance, in turn
    Door,
    /// Memory of idle connections
    Idle,
    /// All clients reconnect at once
    Reconnect,
    /// Pages of a long conversation, and of search results
    History,
    /// One sender alone
    Lone,
    /// A company's day
    Mix,
    /// One node, two and three on one Postgres
    Nodes,
    /// Cost of the verbs by the size of a conversation, and their query plans
    Growth,
    /// A company's day for an hour: memory, files, threads and tasks
    Soak,
    /// Draws the measurements into docs/performance
    Report,
}

impl Options {
    pub fn measured(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
