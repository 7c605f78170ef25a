//! Ports that stay ours while the process that had them is down.

use std::net::TcpListener;

/// Below the range that the system takes for outgoing connections: a client that calls again and
/// again while nobody listens there could otherwise be given the very port, and answer itself.
const PORT_RANGE: std::ops::Range<u16> = 18_000..30_000;

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    loop {
        let port = rand::random_range(PORT_RANGE);
        if TcpListener::bind(("0.0.0.0", port)).is_ok() {
            return port;
        }
    }
}
