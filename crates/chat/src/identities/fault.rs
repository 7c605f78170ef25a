//! What goes wrong between this server and a provider. The log has it; people read what to do.

use crate::{Error, accounts::issuer_client::IssuerError};

/// What somebody reads whose sign-in with a provider has failed, whatever the reason: it may be an attack.
const FAILED: &str = "Signing in there did not work. Try again, or sign in another way.";

/// The browser has come back without the cookie of a sign-in, or with that of an older one.
pub(super) const BEGIN_AGAIN: Error =
    Error::Unauthenticated("This sign-in has ended, or began in another browser. Begin again.");

pub(super) const DECLINED: Error =
    Error::Unauthenticated("You were not signed in there. Try again, or sign in another way.");

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("the provider does not answer: {0}")]
    Away(#[source] IssuerError),
    #[error("the provider's configuration could not be had a moment ago")]
    NotDiscovered,
    #[error("the keys of the provider could not be had")]
    NoKeys,
    #[error("the provider answers with the status {0}")]
    Status(u16),
    #[error("the provider answers with the error {0:?}")]
    Refused(String),
    #[error("{0} is not as the standard says")]
    Malformed(&'static str),
    #[error("{0} is wrong")]
    Wrong(&'static str),
    #[error("the issuer of the discovery document is {found:?}, and {configured:?} is configured")]
    OtherIssuer { found: String, configured: String },
    #[error("{0} has come before")]
    Replayed(&'static str),
}

impl From<IssuerError> for Fault {
    fn from(error: IssuerError) -> Self {
        Self::Away(error)
    }
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        Self::Away(error.into())
    }
}

impl Fault {
    /// Logs the fault, and returns what people read.
    pub fn told(self, provider: &str) -> Error {
        tracing::warn!(provider, fault = %self, "what a provider has said, or was said to have, is refused");
        match self {
            Self::Away(_) | Self::NotDiscovered | Self::NoKeys => Error::ProviderAway,
            _ => Error::Unauthenticated(FAILED),
        }
    }
}
