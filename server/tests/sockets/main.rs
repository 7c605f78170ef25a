//! The sockets of the public API, against a real server and a real database.

mod bad_input;
mod client;
mod delivery;
mod ending;
mod handshake;
mod house;
mod limits;
mod membership;
mod order;
mod presence;
