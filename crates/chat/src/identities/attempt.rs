//! A sign-in that has begun: what its browser keeps until it comes back from the provider.

use super::{
    fault::BEGIN_AGAIN,
    metadata::Metadata,
    state::{Provider, Providers},
};
use crate::{Caller, Chat, Error, Result, accounts::secrets::new_secret};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use model::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use time::Duration;

/// Time in which a browser comes back from the provider.
pub const ATTEMPT_LIFETIME: Duration = Duration::minutes(10);

/// Minutes for which a `state` is remembered that was used: as long as an attempt is good, and one more.
pub(super) const SPENT_MINUTES: i32 = 11;

/// In a signed cookie of the browser that has begun. Whoever has it can only end what they have begun: the verifier is
/// worth nothing without the code, which comes to this browser, too.
#[derive(Serialize, Deserialize)]
pub(super) struct Attempt {
    pub provider: String,
    /// Ties the answer to this browser.
    pub state: String,
    /// Ties the ID token to this attempt.
    pub nonce: String,
    /// Ties the code to this attempt (PKCE, RFC 7636).
    pub verifier: String,
    /// Where to go afterwards.
    pub next: String,
    /// Whose account the identity is linked to; `None` for a sign-in.
    pub link: Option<LinkOf>,
}

/// The session that has given its proof.
#[derive(Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
pub(super) struct LinkOf {
    pub user_id: UserId,
    pub session_id: SessionId,
}

/// What a sign-in with a provider begins with.
pub struct BegunSignIn {
    /// Where the browser goes.
    pub address: String,
    /// What it keeps in a cookie, for `ATTEMPT_LIFETIME`.
    pub attempt: String,
}

impl Attempt {
    pub fn new(provider: &Provider, next: &str, link: Option<LinkOf>) -> Self {
        let secret = || new_secret().0;
        Self {
            provider: provider.config.id.clone(),
            state: secret(),
            nonce: secret(),
            verifier: secret(),
            next: next.to_owned(),
            link,
        }
    }

    /// The provider's address to which the browser goes.
    fn address(&self, provider: &Provider, own: &Providers, metadata: &Metadata) -> Result<String> {
        let config = &provider.config;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier));
        let others = config.scopes.iter().map(String::as_str);
        let others = others.filter(|it| *it != "openid");
        let scopes: Vec<_> = ["openid"].into_iter().chain(others).collect();
        let mut url = metadata.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &config.client_id)
            .append_pair(
                "redirect_uri",
                &own.own_address(&provider.path("callback"))?,
            )
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", &self.state)
            .append_pair("nonce", &self.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }
}

impl Chat {
    /// Begins a sign-in with a provider, which leads to `next` afterwards.
    ///
    /// # Errors
    /// `NotFound` for another provider; `ProviderAway`.
    pub async fn begin_provider_sign_in(&self, provider: &str, next: &str) -> Result<BegunSignIn> {
        let provider = self.find_provider(provider)?;
        self.begun(provider, &Attempt::new(provider, next, None))
            .await
    }

    /// Goes on with what a browser has begun: the address of the provider.
    ///
    /// # Errors
    /// `Unauthenticated` for an attempt that is not good.
    pub async fn continue_at_provider(&self, provider: &str, attempt: &str) -> Result<String> {
        let provider = self.find_provider(provider)?;
        let attempt = self.open_attempt(provider, attempt)?;
        Ok(self.begun(provider, &attempt).await?.address)
    }

    async fn begun(&self, provider: &Provider, attempt: &Attempt) -> Result<BegunSignIn> {
        let metadata = provider.metadata().await;
        let metadata = metadata.map_err(|fault| fault.told(&provider.config.id))?;
        Ok(BegunSignIn {
            address: attempt.address(provider, &self.0.providers, &metadata)?,
            attempt: self.seal(attempt, ATTEMPT_LIFETIME)?,
        })
    }

    pub(super) fn find_provider(&self, id: &str) -> Result<&Arc<Provider>> {
        let found = self.0.providers.find(id);
        found.ok_or(Error::NotFound("sign-in provider"))
    }

    pub(super) fn open_attempt(&self, provider: &Provider, sealed: &str) -> Result<Attempt> {
        let attempt: Option<Attempt> = self.open_sealed(sealed);
        attempt
            .filter(|it| it.provider == provider.config.id)
            .ok_or(BEGIN_AGAIN)
    }
}

impl LinkOf {
    pub fn caller(caller: &Caller) -> Option<Self> {
        Some(Self {
            user_id: caller.user_id,
            session_id: caller.session_id?,
        })
    }
}
