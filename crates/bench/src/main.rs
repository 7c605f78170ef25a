//! Measures: `bench <scenario>…`, or `bench all`.

mod audience;
mod contender;
mod error;
mod http;
mod in_process;
mod metrics;
mod numbers;
mod options;
mod pgbench;
mod report;
mod results;
mod scenarios;
mod senders;
mod world;

use clap::Parser;
use error::Error;
use options::Options;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let run = async {
        tokio::select! {
            // What was started is ended by those who hold it: on a signal, too.
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
