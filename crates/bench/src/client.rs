//! A small Socket.IO client: one namespace, WebSocket only, light enough for thousands in a process.

mod connection;
mod packet;

pub use connection::{ClientError, Connection, Endpoint};
pub use packet::Packet;
