//! Command to a simulated client: how often it sends, and whether it reads.

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct ClientCommand {
    /// Mean time between two messages, each to a random conversation; `None` sends nothing.
    pub send_interval: Option<Duration>,
    /// False stops the client as a suspended process: it reads nothing and does nothing.
    pub is_reading: bool,
    /// Bytes of padding in each message.
    pub padding_bytes: usize,
}

impl ClientCommand {
    /// A message every 40 ms on average.
    pub const SEND_FAST: Self = Self {
        send_interval: Some(Duration::from_millis(40)),
        is_reading: true,
        padding_bytes: 0,
    };

    /// A message every 150 ms on average: for latencies, since the machine is not saturated.
    pub const SEND_SLOWLY: Self = Self {
        send_interval: Some(Duration::from_millis(150)),
        ..Self::SEND_FAST
    };

    /// A message every 400 ms on average: for many clients.
    pub const SEND_RARELY: Self = Self {
        send_interval: Some(Duration::from_millis(400)),
        ..Self::SEND_FAST
    };

    pub const RECEIVE_ONLY: Self = Self {
        send_interval: None,
        ..Self::SEND_FAST
    };

    pub const SUSPENDED: Self = Self {
        is_reading: false,
        ..Self::RECEIVE_ONLY
    };
}
