//! The configuration: the command line, the settings, and what is derived from them.

mod aliases;
mod apps_file;
mod cli;
mod contract_ports;
mod keys;
mod settings;

pub use cli::{Cli, Command, ImportUsers, ListUsers, UsersCommand};
#[cfg(test)]
pub use contract_ports::CONTRACT_PORTS;
pub use contract_ports::ContractPort;
pub use keys::KeysError;
pub use settings::{Config, LogFormat, Switch};
