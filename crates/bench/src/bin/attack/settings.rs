//! Command line of the hostile run.

use crate::attack::Attack;
use clap::Parser;
use std::{error::Error, time::Duration};

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Attacks Parlance as strangers and as accounts, all at once and with its default limits, while other
/// people chat; and checks its memory, their sockets, and the time until they receive a message.
#[derive(Debug, Parser)]
#[command(name = "attack")]
pub struct Settings {
    /// What to do; everything when nothing is named
    #[arg(value_enum)]
    pub attacks: Vec<Attack>,

    /// How long the attacks last
    #[arg(long, default_value_t = 30)]
    pub minutes: u64,

    /// The same in seconds, instead: to see that it runs
    #[arg(long)]
    pub seconds: Option<u64>,

    /// Strangers of each attack of theirs, together
    #[arg(long, default_value_t = 300)]
    pub strangers: usize,

    /// A setting of the server, NAME=VALUE, other than its default: to see what the attacks do without
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parse_setting)]
    pub overrides: Vec<(String, String)>,

    /// Accounts that attack, each in every way that it can
    #[arg(long, default_value_t = 20)]
    pub accounts: usize,
}

impl Settings {
    pub fn during(&self) -> Duration {
        match self.seconds {
            Some(seconds) => Duration::from_secs(seconds),
            None => Duration::from_secs(self.minutes * 60),
        }
    }

    /// How long people are measured by themselves: long enough for a percentile.
    pub fn before(&self) -> Duration {
        self.during()
            .clamp(Duration::from_secs(10), Duration::from_mins(2))
    }

    /// Before that: the server's caches and pools fill.
    pub fn warm_up(&self) -> Duration {
        self.before() / 4
    }
}

fn parse_setting(text: &str) -> std::result::Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("it is NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
