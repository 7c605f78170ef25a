//! The client of a sign-in, and the proof that it has succeeded.

use model::User;
use std::net::IpAddr;

/// The program that signs in. The address counts for rate limits, both are shown in the list of
/// sessions.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
    /// The cookie of `device_cookie`, by which a browser is known that has signed in before.
    pub device: Option<String>,
}

/// Proof that a user has just registered or signed in: it opens a session.
#[derive(Clone, Debug)]
pub struct Authenticated(pub(crate) User);

impl Authenticated {
    pub fn user(&self) -> &User {
        &self.0
    }
}
