//! A small Socket.IO client: one namespace, WebSocket only, light enough for thousands in a process.

mod connection;
mod handle;
mod packet;

pub use connection::{Connection, Problem, Target};
pub use handle::{Client, Heard};
pub use packet::Packet;
