//! `Limiters`: the counters of this node.

use super::{
    attempt_window::AttemptWindow, email_limits::EmailLimits, limits::RateLimits,
    token_buckets::TokenBuckets, told::ToldLimits, wrong_guesses::WrongGuesses,
};
use crate::error::Result;
use model::UserId;
use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

/// Users whom a caller may name at once before anybody has seen them. Enough for a large group.
const PLACEHOLDERS_BURST: NonZeroU32 = NonZeroU32::new(500).expect("above zero");

/// The same per second, after the burst.
const PLACEHOLDERS_PER_SECOND: NonZeroU32 = NonZeroU32::new(5).expect("above zero");

/// How much more than one user all webhooks of a person may send together.
const WEBHOOKS_FACTOR: NonZeroU32 = NonZeroU32::new(3).expect("above zero");

pub struct Limiters {
    messages: Option<TokenBuckets>,
    placeholders: Option<TokenBuckets>,
    pub told: ToldLimits,
    /// What all webhooks of a person send together, by who has made them. Each has the limits of a user besides.
    pub webhooks: ToldLimits,
    /// By network.
    pub(super) registrations: Option<AttemptWindow>,
    pub(super) emails: EmailLimits,
    pub(super) wrong_passwords: WrongGuesses,
    pub(super) wrong_codes: WrongGuesses,
}

impl Limiters {
    /// `is_clustered`: usage is kept for `drain_usage`.
    pub fn new(limits: &RateLimits, is_clustered: bool) -> Self {
        let (burst, per_second) = (limits.messages_burst, limits.messages_per_second);
        let registrations = limits.registrations_per_hour.get() as usize;
        let volume = limits.volume;
        Self {
            messages: volume
                .then(|| TokenBuckets::new("messages", burst, per_second, is_clustered)),
            told: ToldLimits::new(limits),
            webhooks: ToldLimits::new(&limits.times(WEBHOOKS_FACTOR)),
            placeholders: volume.then(|| {
                TokenBuckets::new(
                    "users that nobody has seen",
                    PLACEHOLDERS_BURST,
                    PLACEHOLDERS_PER_SECOND,
                    false,
                )
            }),
            registrations: volume.then(|| {
                AttemptWindow::new("registrations", registrations, Duration::from_hours(1))
            }),
            emails: EmailLimits::new(volume),
            wrong_passwords: WrongGuesses::passwords(limits),
            wrong_codes: WrongGuesses::codes(),
        }
    }

    /// Counts a message of a user.
    ///
    /// # Errors
    /// `TooManyRequests` when the user's bucket is empty.
    pub fn message(&self, user_id: UserId) -> Result<()> {
        match &self.messages {
            Some(messages) => messages.take(user_id, Instant::now()),
            None => Ok(()),
        }
    }

    /// Counts nothing, where `message` would count.
    ///
    /// # Errors
    /// `TooManyRequests` when the user's bucket is empty.
    pub fn require_message(&self, user_id: UserId) -> Result<()> {
        match &self.messages {
            Some(messages) => messages.require(user_id, Instant::now()),
            None => Ok(()),
        }
    }

    /// Counts so many messages of a user, or none of them.
    ///
    /// # Errors
    /// `TooManyRequests` when the user's bucket has not enough.
    pub fn messages(&self, user_id: UserId, count: usize) -> Result<()> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        match &self.messages {
            Some(messages) => messages.take_many(user_id, count, Instant::now()),
            None => Ok(()),
        }
    }

    /// Counts a placeholder that a caller causes by naming somebody new. Each node counts for itself.
    ///
    /// # Errors
    /// `TooManyRequests` when the caller's bucket is empty.
    pub fn placeholder(&self, caller: UserId) -> Result<()> {
        match &self.placeholders {
            Some(placeholders) => placeholders.take(caller, Instant::now()),
            None => Ok(()),
        }
    }

    /// Charges the messages that another node let through.
    pub fn charge(&self, usage: &[(UserId, u32)]) {
        if let Some(messages) = &self.messages {
            messages.charge(usage, Instant::now());
        }
    }

    /// The messages that this node let through since the last call, by user.
    pub fn drain_usage(&self) -> Vec<(UserId, u32)> {
        self.messages
            .as_ref()
            .map_or_else(Vec::new, TokenBuckets::drain_usage)
    }
}
