//! Processes under test: started, killed, restarted, and ended with the run.

mod error;
mod folder;
mod ports;
mod postgres;
mod process;
mod service;

pub use error::ProcessError;
pub use folder::Folder;
pub use ports::free_port;
pub use postgres::Postgres;
pub use process::Process;
pub use service::{JWT_SECRET, ReadyCheck, Service, wait_until};
