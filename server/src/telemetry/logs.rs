//! Logs on standard output: text for people, or JSON for machines.

use crate::config::{Config, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, filter::ParseError};

pub fn init(config: &Config) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(&config.log_filter)?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stdout().is_terminal());
    match config.log_format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let location = panic.location().map(ToString::to_string);
        tracing::error!(place = location, "panicked: {message}");
    }));
    Ok(())
}
