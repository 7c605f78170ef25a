//! The command line.

use clap::{Parser, ValueEnum};
use std::path::PathBuf;

/// Writes a made-up dump of a chat server of one of the contracts.
#[derive(Parser)]
#[command(name = "dumps")]
pub struct Options {
    #[arg(value_enum)]
    pub contract: Contract,

    /// Folder of the files, which is made
    pub folder: PathBuf,

    /// Messages in all
    #[arg(long, default_value_t = 200_000)]
    pub messages: u64,

    /// Users; one for each 200 messages, and at least 20, if not set
    #[arg(long)]
    pub users: Option<u64>,

    /// Rows of each kind of fault among the messages
    #[arg(long, default_value_t = 10)]
    pub bad_rows: u64,

    /// The same seed makes the same dump
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// As `mongoexport --jsonFormat=canonical`
    #[arg(long)]
    pub canonical: bool,

    /// As `mongoexport --jsonArray`
    #[arg(long)]
    pub array: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Contract {
    Broadcast,
    Conversations,
    Groups,
    Rooms,
    Direct,
}
