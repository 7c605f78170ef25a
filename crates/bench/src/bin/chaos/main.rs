//! Failure runner: breaks one thing after the other under load, and checks that nothing is lost.

mod check;
mod clock_jump;
mod crash_round;
mod deliveries;
mod fake_clock;
mod home_node;
mod kill_node;
mod kill_postgres;
mod kill_server;
mod network;
mod network_cut;
mod observed;
mod paused_client;
mod population;
mod redis_away;
mod report;
mod restart_on_bus;
mod settings;
mod simulated_client;
mod test_bed;

use clap::{Parser, ValueEnum};
use network::Link::{self, Bus, Database};
use report::Report;
use settings::{Failure, Result, Settings};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

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
    // On a signal `run` is dropped, and with it every process that it has started.
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

/// Runs the failures one after the other. True when every promise was kept.
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
            Failure::KillOnBus => restart_on_bus::kill(settings).await?,
            Failure::RestartOnBus => restart_on_bus::stop(settings).await?,
            Failure::RollingRestart => restart_on_bus::stop_in_turn(settings).await?,
            Failure::RedisAway => redis_away::run(settings).await?,
            Failure::CutBus => network_cut::run(settings, "cut_bus", &[Bus]).await?,
            Failure::CutBusAndDatabase => {
                network_cut::run(settings, "cut_bus_and_database", &[Bus, Database]).await?
            }
            Failure::CutOff => network_cut::run(settings, "cut_off", &Link::ALL).await?,
            Failure::ClockJump => clock_jump::run(settings).await?,
            Failure::PausedClient => paused_client::run(settings).await?,
        });
        report::write(&reports, &settings.results)?;
    }
    report::print(&reports);
    Ok(reports.iter().all(Report::is_good))
}
