//! Logs, health checks and metrics.

mod health;
mod log_limit;
mod logs;
pub mod metrics;
mod requests;

pub use health::routes;
pub use logs::{LogOutput, init};
pub use requests::observe;
