//! Load generator: `bench <scenario>…`, or `bench all`.

mod audience;
mod closed_loop;
mod env;
mod error;
mod http_client;
mod in_process;
mod metrics;
mod options;
mod payload;
mod pgbench;
mod report;
mod results;
mod scenarios;
mod stats;
mod target;

use clap::Parser;
use error::Error;
use options::Options;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let run = async {
        tokio::select! {
            // On Ctrl-C the scenario is dropped, and with it every process that it has started.
            result = scenarios::run(&options) => result,
            _ = tokio::signal::ctrl_c() => Err(Error::Interrupted),
        }
    };
    match run.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
