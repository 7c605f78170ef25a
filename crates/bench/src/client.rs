//! Small Socket.IO client: one namespace, WebSocket only, light enough for thousands in one
//! process.

mod connection;
mod packet;

pub use connection::{ClientError, Connection, Endpoint};
pub use packet::Packet;
