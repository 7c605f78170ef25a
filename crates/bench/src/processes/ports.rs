//! Ports that nobody else takes while a server is down.

use std::net::TcpListener;

/// Below the kernel's range of ephemeral ports. Otherwise a client that keeps connecting while no
/// server listens could be given that very port as its source, and connect to itself.
const PORT_RANGE: std::ops::Range<u16> = 18_000..30_000;

/// A random port of the range that nobody listens on.
pub fn free_port() -> u16 {
    loop {
        let port = rand::random_range(PORT_RANGE);
        if TcpListener::bind(("0.0.0.0", port)).is_ok() {
            return port;
        }
    }
}
