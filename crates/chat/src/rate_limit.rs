//! Rate limits of sends, registrations, wrong passwords and wrong codes, for all nodes together.
//!
//! Each node reports to the others, every 250 ms, how many messages it let through, and they charge
//! that to their own buckets. Registrations, wrong passwords and wrong codes are counted in Redis where it
//! answers, and by each node for itself in any case.

mod attempt_window;
pub(crate) mod email_limits;
pub(crate) mod limiters;
pub(crate) mod limits;
pub(crate) mod token_buckets;
pub(crate) mod told;
pub(crate) mod wrong_guesses;

pub use limits::RateLimits;

use crate::{
    chat::Chat,
    cluster::{AttemptLimit, AttemptToken},
    error::{Error, Result},
    network::network,
};
use attempt_window::AttemptWindow;
use email_limits::EmailLimit;
use model::UserId;
use std::net::IpAddr;
use wrong_guesses::{Account, Familiarity, WrongGuesses};

/// An attempt with a password or a code that counts as wrong until it is forgiven.
#[derive(Default)]
pub(crate) struct Attempt<'a>(Vec<Counted<'a>>);

/// What an attempt has been counted for, here and for all nodes.
struct Counted<'a> {
    window: &'a AttemptWindow,
    subject: String,
    token: Option<AttemptToken>,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.window.settle(&self.subject);
    }
}

impl Counted<'_> {
    async fn undo(mut self, chat: &Chat) {
        self.window.undo(&self.subject).await;
        if let (Some(token), Some(cluster)) = (self.token.take(), chat.0.bus.cluster()) {
            cluster.undo(token).await;
        }
    }
}

impl Chat {
    /// Counts a registration from a network.
    ///
    /// # Errors
    /// `TooManyRequests` when the limit is reached. An unknown address is not limited.
    pub(crate) async fn count_registration(&self, address: Option<IpAddr>) -> Result<()> {
        let (Some(address), Some(registrations)) = (address, &self.0.limits.registrations) else {
            return Ok(());
        };
        let subject = network(address).to_string();
        let counted = record_attempt(self, "registrations", registrations, subject);
        counted.await.map(drop)
    }

    /// Counts a mail that somebody causes.
    ///
    /// # Errors
    /// `TooManyRequests` when the limit is reached.
    pub(crate) async fn count_email(&self, limit: EmailLimit, subject: String) -> Result<()> {
        match self.0.limits.emails.window(limit) {
            Some((name, window)) => record_attempt(self, name, window, subject).await.map(drop),
            None => Ok(()),
        }
    }

    /// Counts a password attempt. To be called before the password is checked, so that attempts at
    /// the same time all count, and forgiven when it was right.
    ///
    /// # Errors
    /// `TooManyRequests` when a limit is reached.
    pub(crate) async fn count_password(
        &self,
        account: &Account<'_>,
        address: Option<IpAddr>,
        familiarity: &Familiarity,
    ) -> Result<Attempt<'_>> {
        let limits = &self.0.limits.wrong_passwords;
        self.count_guess("passwords", limits, account, address, familiarity)
            .await
    }

    /// The same for a code of the second factor.
    pub(crate) async fn count_code(
        &self,
        user_id: UserId,
        address: Option<IpAddr>,
        familiarity: &Familiarity,
    ) -> Result<Attempt<'_>> {
        let (limits, account) = (&self.0.limits.wrong_codes, Account::Known(user_id));
        self.count_guess("codes", limits, &account, address, familiarity)
            .await
    }

    async fn count_guess<'a>(
        &self,
        name: &'static str,
        limits: &'a WrongGuesses,
        account: &Account<'_>,
        address: Option<IpAddr>,
        familiarity: &Familiarity,
    ) -> Result<Attempt<'a>> {
        let mut attempt = Attempt::default();
        for (window, subject) in limits.counts(account, address, familiarity) {
            let recorded = record_attempt(self, name, window, subject).await;
            match recorded {
                Ok(counted) => attempt.0.push(counted),
                // Nothing was tried.
                Err(error) => {
                    self.forgive(attempt).await;
                    return Err(error);
                }
            }
        }
        Ok(attempt)
    }

    /// The password or the code was right: the attempt does not count.
    pub(crate) async fn forgive(&self, attempt: Attempt<'_>) {
        for counted in attempt.0 {
            counted.undo(self).await;
        }
    }
}

/// Counts an attempt on this node and, where Redis answers, on all of them.
async fn record_attempt<'a>(
    chat: &Chat,
    name: &'static str,
    window: &'a AttemptWindow,
    subject: String,
) -> Result<Counted<'a>> {
    window.record(&subject).await?;
    let mut counted = Counted {
        window,
        subject,
        token: None,
    };
    if let Some(cluster) = chat.0.bus.cluster() {
        let limit = AttemptLimit {
            name,
            subject: &counted.subject,
            max: window.max,
            window: window.window,
        };
        match cluster.record(limit).await {
            Ok(recorded) => counted.token = recorded,
            Err(retry_after) => {
                window.undo(&counted.subject).await;
                return Err(Error::TooManyRequests {
                    of: window.of,
                    retry_after,
                });
            }
        }
    }
    Ok(counted)
}
