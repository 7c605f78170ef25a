//! The HTTP and Socket.IO server: pages, the public API, contracts, health checks and metrics.

pub mod accounts_command;
pub mod api;
pub mod audit_command;
pub mod auth;
mod byte_range;
pub mod client;
mod client_files;
mod config;
pub mod connections;
pub mod contracts;
mod data_archive;
pub mod demo;
mod device_cookie;
pub mod directory;
pub mod documents;
pub mod envelope;
pub mod export;
mod file_content;
pub mod gateway;
mod hooks;
mod identities;
pub mod import;
mod json_faults;
mod late_refusals;
mod layers;
mod link_pictures;
mod metered_body;
pub mod origin;
mod pages;
pub mod personal_data_command;
mod pictures;
pub mod problem;
mod rate_limit;
mod receive_budget;
mod servers;
mod site;
mod state;
mod stop;
pub mod telemetry;
mod token_scopes;
mod unread_form;

pub use config::{
    AuditCommand, Cli, Command, Config, ExportCommand, ImportCommand, ImportUsers, InvitesCommand,
    KeysError, MailCommand, NamedUser, UsersCommand,
};
pub use servers::{BindError, Servers, bind};
pub use state::State;
pub use stop::Stop;
