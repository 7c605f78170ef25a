//! A private Postgres cluster below `DATA_DIR`, for a server without `DATABASE_URL`.
//!
//! [`Postgres::start`] finds Postgres' programs or downloads them, makes the cluster the first time,
//! starts it whenever it does not run, and returns a URL to connect to. The cluster listens on a Unix socket only. One process at
//! a time can run it; [`running_url`] is for others that use its database meanwhile.

mod binaries;
mod cluster;
mod data_dir;
mod error;
mod lock_files;
mod postgres;
mod run_as;
mod running;
mod server_log;
mod supervisor;

pub use error::EmbeddedError;
pub use postgres::{Postgres, Postmaster, running_url};
