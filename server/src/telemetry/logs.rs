//! Logs on standard output, or on standard error: text for people, or JSON for machines.

use super::log_limit::Limited;
use crate::config::{Config, LogFormat};
use std::io::{IsTerminal, stderr, stdout};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter,
    filter::{ParseError, filter_fn},
    fmt::{MakeWriter, fmt},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Beginnings of names of crates whose lines of the levels `debug` and `trace` have what a request, a packet, a query or a
/// mail carries: tokens, passwords, texts. They are left out, whatever `RUST_LOG` says.
const WITHHELD: [&str; 12] = [
    "engineioxide",
    "h2",
    "hyper",
    "lettre",
    "object_store",
    "redis",
    "reqwest",
    "rustls",
    "socketioxide",
    "sqlx",
    "tokio_tungstenite",
    "tungstenite",
];

/// Where the logs go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogOutput {
    Stdout,
    /// For commands whose result is on standard output.
    Stderr,
}

pub fn init(config: &Config, output: LogOutput) -> Result<(), ParseError> {
    match output {
        LogOutput::Stdout => init_writer(config, stdout, stdout().is_terminal()),
        LogOutput::Stderr => init_writer(config, stderr, stderr().is_terminal()),
    }
}

fn init_writer<W>(config: &Config, writer: W, is_terminal: bool) -> Result<(), ParseError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(&config.log_filter)?;
    let subscriber = fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(is_terminal);
    match config.log_format {
        LogFormat::Text => subscriber
            .map_event_format(|format| Limited::new(format, false))
            .finish()
            .with(filter_fn(has_no_secret))
            .init(),
        LogFormat::Json => subscriber
            .json()
            .flatten_event(true)
            .map_event_format(|format| Limited::new(format, true))
            .finish()
            .with(filter_fn(has_no_secret))
            .init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let location = panic.location().map(ToString::to_string);
        tracing::error!(place = location, "panicked: {message}");
    }));
    Ok(())
}

fn has_no_secret(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || !WITHHELD.iter().any(|name| line.target().starts_with(name))
}
