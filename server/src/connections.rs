//! TCP connections: accepted within limits, served over HTTP, and closed when their peer does nothing.

mod activity;
mod client_stream;
mod limits;
pub mod open_files;
mod serve;

pub use activity::Timeouts;
pub use client_stream::ClientStream;
pub use limits::{ConnectionLimits, ConnectionPermit, NetworkPermit};
pub use serve::serve;
