//! What a socket reports to the client that owns it.

/// Constructed by the browser's socket only: the stub of other targets never connects.
#[cfg_attr(
    not(all(feature = "hydrate", target_arch = "wasm32")),
    allow(dead_code)
)]
pub enum SocketSignal {
    /// The payload of an event, as JSON.
    Event(String),
    /// The connection is lost; the Socket.IO client reconnects by itself.
    Disconnected,
    /// The server closed or refused the connection, with the error code if it named one. The
    /// Socket.IO client does not reconnect by itself.
    Denied(Option<String>),
}
