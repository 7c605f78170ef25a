//! Systems under test: Parlance, and the two that it is compared with.

use crate::payload::Protocol;
use bench::processes::{Folder, JWT_SECRET, ReadyCheck, Service};
use clap::ValueEnum;
use std::{env, path::PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum SystemUnderTest {
    Parlance,
    /// The Node server of equal function in bench/peer
    Node,
    /// socketioxide with nothing around it
    Bare,
}

impl SystemUnderTest {
    pub const ALL: [Self; 3] = [Self::Parlance, Self::Node, Self::Bare];

    pub fn name(self) -> &'static str {
        match self {
            Self::Parlance => "parlance",
            Self::Node => "node",
            Self::Bare => "bare",
        }
    }

    pub fn protocol(self) -> Protocol {
        match self {
            Self::Parlance | Self::Node => Protocol::Api,
            Self::Bare => Protocol::Bare,
        }
    }

    /// The server process, not started yet.
    pub fn service(self, folder: &Folder, database_url: &str) -> Service {
        let ready = ReadyCheck::Http("/health/ready");
        match self {
            Self::Parlance => Service::parlance(folder, "parlance", database_url),
            Self::Node => Service::new(folder, "node", "node", ready)
                .arguments(["bench/peer/src/server.js"])
                .environment("DATABASE_URL", database_url)
                .environment("JWT_SECRET", JWT_SECRET)
                .environment("NODE_ENV", "production"),
            Self::Bare => Service::new(folder, "bare", sibling_program("bare"), ready),
        }
    }
}

/// Path of a program that was built beside this one.
fn sibling_program(name: &str) -> PathBuf {
    let current = env::current_exe().unwrap_or_default();
    current.with_file_name(name)
}
