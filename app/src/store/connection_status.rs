//! The state of the connection to the server.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionStatus {
    #[default]
    Connecting,
    Online,
    Offline,
    /// The server no longer accepts the session; reconnecting is of no use.
    SignedOut,
}
