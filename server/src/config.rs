//! The configuration: the command line, the settings, and what is derived from them.

mod aliases;
mod apps_file;
mod cli;
mod contract_ports;
mod keys;
mod settings;
mod token_check;

pub use cli::{
    ChangeRole, Cli, Command, ExportCommand, ImportCommand, ImportUsers, ListUsers, UsersCommand,
};
#[cfg(test)]
pub use contract_ports::CONTRACT_PORTS;
pub use contract_ports::ContractPort;
pub use keys::KeysError;
pub use settings::{Config, LogFormat, Switch};
