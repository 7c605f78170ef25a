//! `EmailTransport`: what carries a mail away, a mail server or the record of a test.

use futures_util::future::BoxFuture;
use lettre::address::Envelope;

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Now: it may be later.
    #[error("{0}")]
    Later(String),
    /// Never: the mail server has said so of this mail.
    #[error("{0}")]
    Never(String),
}

/// A mail as it goes over the wire.
#[derive(Clone)]
pub struct WireEmail {
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

pub trait EmailTransport: Send + Sync {
    /// Ends once somebody else is responsible for the mail.
    fn send(&self, email: WireEmail) -> BoxFuture<'_, Result<(), SendError>>;
}
