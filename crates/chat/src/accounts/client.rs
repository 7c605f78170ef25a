//! The client of a sign-in, and the proof that it has succeeded.

use crate::network::network;
use model::User;
use std::net::IpAddr;

/// The program that signs in. The address counts for rate limits, both are shown in the list of
/// sessions.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
    /// `api`, or the contract; `None` for the page. The audit log writes it down.
    pub door: Option<&'static str>,
    /// The cookie of `device_cookie`, by which a browser is known that has signed in before.
    pub device: Option<String>,
    /// The cookie of `remember_browser`, or the secret of `remember_device`: for some accounts, a code was shown there.
    pub remembered: Option<String>,
}

impl Client {
    /// The network of the address, as `sign_in_networks` has it.
    pub(super) fn network_text(&self) -> Option<String> {
        self.address.map(|it| network(it).to_string())
    }
}

/// Proof that a user has just registered or signed in, with a code where they have a second factor: it opens a session,
/// unless the user's password was changed or they were blocked since.
#[derive(Clone, Debug)]
pub struct Authenticated {
    pub(crate) user: User,
    /// `users.credentials_version` when the proof was given.
    pub(super) credentials_version: i64,
    /// `None` for a password.
    pub(super) by: Option<SignedInBy>,
    /// `None` where no code was asked for.
    pub(super) code: Option<CodeShown>,
    /// Whether the browser has never signed in to the account, or a program shows nothing of before.
    /// Not for whoever has just made the account.
    pub(super) is_new_device: bool,
    /// Whether nobody has signed in to the account from the client's network for long.
    pub(super) is_new_network: bool,
}

/// How the code of the second factor was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeShown {
    Now,
    /// A device stood in for it, where one was shown before.
    ByDevice,
}

/// With which identity of a provider somebody has signed in.
#[derive(Clone, Debug)]
pub(crate) struct SignedInBy {
    pub identity_id: i64,
    /// The provider's id of its own session (`sid`).
    pub provider_session: Option<String>,
}

impl Authenticated {
    /// `credentials_version` is that of an account that was just made, or read with the password that was right.
    pub(crate) fn new(user: User, credentials_version: i64) -> Self {
        Self {
            user,
            credentials_version,
            by: None,
            code: None,
            is_new_device: false,
            is_new_network: false,
        }
    }

    /// The same, of an account that was made just now: no device and no network is new to it.
    #[must_use]
    pub(crate) fn of_new_account(self) -> Self {
        Self {
            is_new_device: false,
            is_new_network: false,
            ..self
        }
    }

    pub fn user(&self) -> &User {
        &self.user
    }
}
