//! What the load generator and the failure runner share: clients, people, and the processes under test.

pub mod client;
pub mod process_stats;
pub mod processes;
pub mod seed;
