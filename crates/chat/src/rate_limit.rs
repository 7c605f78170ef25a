//! Limits of volume and of signing in.

use std::time::Duration;

/// How much is too much. `volume: false` lifts those of sends and registrations, never that of
/// wrong passwords.
#[derive(Clone, Debug)]
pub struct RateLimits {
    pub volume: bool,
    /// Messages at once, and per second after that, of one user.
    pub messages_burst: u32,
    pub messages_per_second: u32,
    /// Registrations per hour from one address.
    pub registrations_per_hour: u32,
    /// Wrong passwords per account and address within the window.
    pub wrong_passwords: u32,
    pub wrong_passwords_window: Duration,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            volume: true,
            messages_burst: 100,
            messages_per_second: 10,
            registrations_per_hour: 10,
            wrong_passwords: 10,
            wrong_passwords_window: Duration::from_mins(15),
        }
    }
}

pub struct Limiters {}

impl Limiters {
    pub fn new(limits: &RateLimits) -> Self {
        Self {}
    }
}
