//! `RateLimits`: what the operator sets.

use std::{num::NonZeroU32, time::Duration};

/// `volume: false` lifts the limits of sends and registrations, never that of wrong passwords.
#[derive(Clone, Debug)]
pub struct RateLimits {
    pub volume: bool,
    /// Messages that a user may send at once. Default: 100.
    pub messages_burst: NonZeroU32,
    /// Messages per second after that. Default: 10.
    pub messages_per_second: NonZeroU32,
    /// People whom the changes of a user may be told to at once: a message in a channel of a thousand tells a
    /// thousand. Default: 100,000.
    pub people_told_burst: NonZeroU32,
    /// People per second after that. Default: 5,000.
    pub people_told_per_second: NonZeroU32,
    /// Bytes that the messages and changes of a user may bring at once to each of those whom they are told to.
    /// Default: 512 KiB.
    pub bytes_told_burst: NonZeroU32,
    /// Bytes per second after that. Default: 256 KiB, a fifth of what a link of 10 Mbit/s carries.
    pub bytes_told_per_second: NonZeroU32,
    /// Groups and channels with others that a user may begin at once. Default: 50.
    pub conversations_burst: NonZeroU32,
    /// Groups and channels per minute after that. Default: 10.
    pub conversations_per_minute: NonZeroU32,
    /// Registrations per hour from one network. Default: 10.
    pub registrations_per_hour: NonZeroU32,
    /// Wrong passwords per account and network within the window. Default: 10.
    pub wrong_passwords: usize,
    /// Wrong passwords per network over all accounts within the window. Default: 100.
    pub wrong_passwords_per_network: usize,
    /// Wrong passwords per account over all networks within the window; a network or a browser that has
    /// signed in to the account before is not limited by it. Default: 100.
    pub wrong_passwords_per_account: usize,
    /// Default: 15 min.
    pub wrong_passwords_window: Duration,
}

impl RateLimits {
    /// So many times as many messages, people and bytes.
    pub(super) fn times(&self, factor: NonZeroU32) -> Self {
        Self {
            messages_burst: self.messages_burst.saturating_mul(factor),
            messages_per_second: self.messages_per_second.saturating_mul(factor),
            people_told_burst: self.people_told_burst.saturating_mul(factor),
            people_told_per_second: self.people_told_per_second.saturating_mul(factor),
            bytes_told_burst: self.bytes_told_burst.saturating_mul(factor),
            bytes_told_per_second: self.bytes_told_per_second.saturating_mul(factor),
            ..self.clone()
        }
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        const fn number(n: u32) -> NonZeroU32 {
            NonZeroU32::new(n).expect("limits are above zero")
        }
        Self {
            volume: true,
            messages_burst: const { number(100) },
            messages_per_second: const { number(10) },
            people_told_burst: const { number(100_000) },
            people_told_per_second: const { number(5_000) },
            bytes_told_burst: const { number(512 * 1024) },
            bytes_told_per_second: const { number(256 * 1024) },
            conversations_burst: const { number(50) },
            conversations_per_minute: const { number(10) },
            registrations_per_hour: const { number(10) },
            wrong_passwords: 10,
            wrong_passwords_per_network: 100,
            wrong_passwords_per_account: 100,
            wrong_passwords_window: Duration::from_mins(15),
        }
    }
}
