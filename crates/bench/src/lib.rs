//! Shared by the load generator and the failure runner: a Socket.IO client, seeded users, and the
//! processes under test.

pub mod client;
pub mod process_stats;
pub mod processes;
pub mod seed;
