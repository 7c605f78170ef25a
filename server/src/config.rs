//! The configuration: the command line, the settings, and what is derived from them.

mod aliases;
mod apps_file;
mod audit_cli;
mod cli;
mod contract_ports;
mod files;
mod keys;
mod providers_file;
mod settings;
mod token_check;
mod toml_source;
mod users_cli;

pub use audit_cli::{AuditCommand, ExportAudit, VerifyAudit};
pub use cli::{Cli, Command, ExportCommand, ImportCommand};
#[cfg(test)]
pub use contract_ports::CONTRACT_PORTS;
pub use contract_ports::ContractPort;
pub use keys::KeysError;
pub use settings::{Config, LogFormat, Switch};
pub use users_cli::{
    CheckDeletion, CreateInvite, CreateUser, DeleteUser, ExportUser, ImportUsers, InvitesCommand,
    MailCommand, NamedUser, Printing, UsersCommand,
};
