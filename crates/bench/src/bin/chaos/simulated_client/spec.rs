//! What a simulated client is: its user, its conversations and its servers.

use bench::seed::{SeededUser, Seeder};
use std::net::SocketAddr;
use tokio::time::Instant;

#[derive(Clone)]
pub struct ClientSpec {
    pub name: String,
    pub user: SeededUser,
    /// Signs the access tokens until the server has issued one.
    pub seeder: Seeder,
    pub conversations: Vec<i64>,
    /// The first is the home node; the next one is tried when it does not answer.
    pub servers: Vec<SocketAddr>,
    /// Whether its socket has a receive buffer of 64 KiB, so that a pause is soon noticed.
    pub has_small_receive_buffer: bool,
    /// Start of the run: all times of the run count from it.
    pub started: Instant,
}

impl ClientSpec {
    /// Microseconds since the start of the run.
    pub fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}
