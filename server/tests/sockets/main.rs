//! The sockets of the public API, against a real server and a real database.

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod delivery;
mod ending;
mod handshake;
mod limits;
mod membership;
mod order;
mod presence;
