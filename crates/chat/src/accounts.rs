//! Accounts: registration, signing in, and the sessions that come of it.

mod keys;

pub use keys::{Keys, Rs256, Subjects};

use crate::{Caller, Chat, Result};
use model::{Account, Login, Profile, Register, Session, SessionId, SignedIn, User};
use std::net::IpAddr;
use time::OffsetDateTime;

/// The program at the other end, for limits and for the list of sessions.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
}

/// Proof that somebody has just shown who they are; a session can be opened with it.
#[derive(Clone, Debug)]
pub struct Authenticated(User);

impl Authenticated {
    pub fn user(&self) -> &User {
        &self.0
    }
}

/// What a browser's cookie holds.
#[derive(Clone)]
pub struct BrowserSession {
    pub secret: String,
    pub expires_at: OffsetDateTime,
}

impl Chat {
    /// Creates an account. The first one becomes the administrator.
    pub async fn register(&self, new: Register, client: &Client) -> Result<Authenticated> {
        todo!()
    }
    /// Checks username (or e-mail) and password.
    pub async fn login(&self, login: Login, client: &Client) -> Result<Authenticated> {
        todo!()
    }
    /// Opens a session of a program: access token and refresh token.
    pub async fn issue_tokens(&self, who: Authenticated, client: &Client) -> Result<SignedIn> {
        todo!()
    }
    /// Opens a session of a browser, which holds it in a cookie.
    pub async fn issue_cookie(
        &self,
        who: &Authenticated,
        client: &Client,
    ) -> Result<BrowserSession> {
        todo!()
    }
    /// The next pair of tokens; the old refresh token dies, and its reuse ends the session.
    pub async fn refresh(&self, refresh_token: &str) -> Result<SignedIn> {
        todo!()
    }
    /// Who an access token speaks for: one of ours, or of a foreign issuer that holds our keys.
    pub async fn authenticate(&self, access_token: &str) -> Result<Caller> {
        todo!()
    }
    /// Who a browser's cookie speaks for.
    pub async fn authenticate_cookie(&self, secret: &str) -> Result<Caller> {
        todo!()
    }
    /// Ends the caller's own session.
    pub async fn logout(&self, caller: &Caller) -> Result<()> {
        todo!()
    }
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>> {
        todo!()
    }
    pub async fn revoke_session(&self, caller: &Caller, id: SessionId) -> Result<()> {
        todo!()
    }
    pub async fn account(&self, caller: &Caller) -> Result<Account> {
        todo!()
    }
    pub async fn update_account(&self, caller: &Caller, profile: Profile) -> Result<Account> {
        todo!()
    }
}
