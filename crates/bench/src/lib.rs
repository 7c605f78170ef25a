//! What the load generator and the failure runner share: clients, people, and the processes under test.

pub mod client;
pub mod people;
pub mod processes;
pub mod usage;
