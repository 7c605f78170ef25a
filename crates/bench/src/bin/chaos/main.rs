//! The failure runner: breaks one thing after the other under load, and looks what is lost.

mod clock;
mod clock_jump;
mod deliveries;
mod kill_node;
mod kill_postgres;
mod kill_server;
mod killed;
mod network;
mod network_cut;
mod paused_client;
mod person;
mod redis_away;
mod report;
mod stage;
mod town;
mod verdict;

use clap::{Parser, ValueEnum};
use network::Cable::{self, Bus, Database};
use report::Report;
use std::{error::Error, path::PathBuf, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Breaks Parlance on purpose, with well-behaved clients talking, and compares what every client
/// has, what the database has, and what was acknowledged.
#[derive(Debug, Parser)]
#[command(name = "chaos")]
pub struct Settings {
    /// What to break; all of them, one after the other, when none is named
    #[arg(value_enum)]
    failures: Vec<Failure>,

    /// How often, instead of each failure's own number
    #[arg(long)]
    rounds: Option<usize>,

    /// Few and short rounds: to see that it runs, not to prove anything
    #[arg(long)]
    quick: bool,

    /// A line for postgresql.conf. With `synchronous_commit = off`, killing Postgres
    /// must lose messages: that shows that it would be seen
    #[arg(long, default_value = "")]
    postgres: String,

    /// Where the results are written
    #[arg(long, default_value = "target/chaos")]
    results: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Failure {
    /// `kill -9` of the server, 50 times
    KillServer,
    /// `kill -9` of Postgres with all its processes, 20 times
    KillPostgres,
    /// `kill -9` of one of two nodes, 10 times
    KillNode,
    /// Redis killed for 30 s, 3 times
    RedisAway,
    /// A node without Redis for 60 s, its packets lost without a word
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
    /// How many rounds of a failure that usually has that many.
    pub fn rounds(&self, usual: usize) -> usize {
        let usual = if self.quick { usual.min(2) } else { usual };
        self.rounds.unwrap_or(usual)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let settings = Settings::parse();
    let interrupted = async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupt = tokio::signal::ctrl_c() => interrupt,
            _ = terminate.recv() => Ok(()),
        }
    };
    // Whatever ends first: the processes are killed when they are dropped.
    tokio::select! {
        ran = run(&settings) => match ran {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("chaos: {error}");
                ExitCode::FAILURE
            }
        },
        _ = interrupted => ExitCode::FAILURE,
    }
}

/// Whether everything was as promised.
async fn run(settings: &Settings) -> Result<bool> {
    let failures = match &settings.failures[..] {
        [] => Failure::value_variants(),
        some => some,
    };
    let mut reports: Vec<Report> = Vec::new();
    for failure in failures {
        reports.push(match failure {
            Failure::KillServer => kill_server::run(settings).await?,
            Failure::KillPostgres => kill_postgres::run(settings).await?,
            Failure::KillNode => kill_node::run(settings).await?,
            Failure::RedisAway => redis_away::run(settings).await?,
            Failure::CutBus => network_cut::run(settings, "cut_bus", &[Bus]).await?,
            Failure::CutBusAndDatabase => {
                network_cut::run(settings, "cut_bus_and_database", &[Bus, Database]).await?
            }
            Failure::CutOff => network_cut::run(settings, "cut_off", &Cable::ALL).await?,
            Failure::ClockJump => clock_jump::run(settings).await?,
            Failure::PausedClient => paused_client::run(settings).await?,
        });
        report::write(&reports, &settings.results)?;
    }
    report::print(&reports);
    Ok(reports.iter().all(Report::is_good))
}
