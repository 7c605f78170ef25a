//! `KeySet`: the keys at an address (JWKS, RFC 7517), fetched when a token needs them.
//!
//! A set is fetched with the first token, again once it is older than `refresh`, and when a token
//! names a key that it does not have; never more often than every `pause`, so that a flood of tokens
//! makes no flood of fetches. A fetch that fails keeps the set that there is.

use super::{
    issuer_client::{self, IssuerError},
    token::Token,
    verifying_key::VerifyingKey,
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use jsonwebtoken::{Algorithm, jwk::Jwk};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use std::{
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Keys of a set; those beyond are left out.
const MAX_KEYS: usize = 100;

/// The pause after a failed fetch while there is no key at all.
const MAX_FIRST_PAUSE: Duration = Duration::from_secs(3);

/// Where a set of keys is, and how often it is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetAddress {
    url: Url,
    /// Age at which the set is fetched again: a key that has been removed is valid no longer than this
    /// after the fetch that had it. Default: 5 min.
    pub refresh: Duration,
    /// The shortest time between two fetches. Default: 30 s.
    pub pause: Duration,
}

impl FromStr for KeySetAddress {
    type Err = String;

    /// `https`, or `http` of this machine.
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self::of(issuer_client::parse_address(text)?))
    }
}

impl KeySetAddress {
    /// With the default times.
    pub(crate) fn of(url: Url) -> Self {
        Self {
            url,
            refresh: Duration::from_mins(5),
            pause: Duration::from_secs(30),
        }
    }

    pub fn is_same_url(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

/// Clones are the same set.
#[derive(Clone, Debug)]
pub struct KeySet(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: KeySetAddress,
    /// Algorithms that the operator allows; empty for those of the keys' types.
    algorithms: Vec<Algorithm>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// `None` until the first fetch has succeeded.
    keys: Option<Arc<[VerifyingKey]>>,
    fetched_at: Option<Instant>,
    attempted_at: Option<Instant>,
    running: Option<Fetch>,
}

type Fetch = Shared<BoxFuture<'static, ()>>;

/// The issuer has not answered since the start: whether the token is good cannot be known.
#[derive(Debug)]
pub struct NoKeys;

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error("the answer is no set of keys: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("the set has no key that could verify a token")]
    Empty,
}

impl KeySet {
    pub fn new(address: KeySetAddress, algorithms: &[Algorithm]) -> Self {
        Self(Arc::new(Inner {
            address,
            algorithms: algorithms.to_vec(),
            state: Mutex::default(),
        }))
    }

    /// Whether a key of the set has signed the token.
    pub async fn verifies(&self, token: &Token<'_>) -> Result<bool, NoKeys> {
        self.refresh().await;
        let keys = self.keys()?;
        if keys
            .iter()
            .any(|key| key.fits(token) && key.verifies(token))
        {
            return Ok(true);
        }
        // A key that is named and known has not signed it. Otherwise the issuer may have a new one.
        if token.key_id.is_some() && keys.iter().any(|key| key.fits(token)) {
            return Ok(false);
        }
        self.fetch().await;
        let keys = self.keys()?;
        Ok(keys
            .iter()
            .any(|key| key.fits(token) && key.verifies(token)))
    }

    /// Fetches a set that is not there, or too old. While the issuer does not answer, an old set is used
    /// without waiting.
    async fn refresh(&self) {
        let (age, is_away) = {
            let state = self.0.lock();
            let age = state.fetched_at.map(|it| it.elapsed());
            (age, age.is_some() && state.attempted_at > state.fetched_at)
        };
        if age.is_some_and(|age| age < self.0.address.refresh) {
            return;
        }
        if is_away {
            let _running = self.0.lock().start_fetch(&self.0);
        } else {
            self.fetch().await;
        }
    }

    fn keys(&self) -> Result<Arc<[VerifyingKey]>, NoKeys> {
        self.0.lock().keys.clone().ok_or(NoKeys)
    }

    /// Waits for the fetch that is under way, or for a new one unless the last one was a short time ago.
    async fn fetch(&self) {
        let fetch = self.0.lock().start_fetch(&self.0);
        if let Some(fetch) = fetch {
            fetch.await;
        }
    }
}

impl State {
    fn start_fetch(&mut self, set: &Arc<Inner>) -> Option<Fetch> {
        if self.running.is_some() {
            return self.running.clone();
        }
        let pause = match self.keys {
            Some(_) => set.address.pause,
            None => set.address.pause.min(MAX_FIRST_PAUSE),
        };
        if self.attempted_at.is_some_and(|it| it.elapsed() < pause) {
            return None;
        }
        self.attempted_at = Some(Instant::now());
        // A task of its own: it ends even if whoever waits for it is gone.
        let task = tokio::spawn(fetch_into(Arc::clone(set)));
        let fetch = task.map(drop).boxed().shared();
        self.running = Some(fetch.clone());
        Some(fetch)
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fetch_into(set: Arc<Inner>) {
    let fetched = fetch(&set.address.url, &set.algorithms).await;
    let mut state = set.lock();
    state.running = None;
    // The pause begins with the end: a host that never answers does not make every token wait.
    state.attempted_at = Some(Instant::now());
    match fetched {
        Ok(keys) => {
            state.keys = Some(keys);
            state.fetched_at = state.attempted_at;
        }
        Err(error) => {
            let url = set.address.url.as_str();
            tracing::warn!(%url, %error, "the keys of an issuer could not be fetched");
        }
    }
}

async fn fetch(url: &Url, algorithms: &[Algorithm]) -> Result<Arc<[VerifyingKey]>, FetchError> {
    let request = issuer_client::client().map_err(IssuerError::from)?;
    let response = request.get(url.clone()).send().await;
    let response = response.and_then(reqwest::Response::error_for_status);
    let body = issuer_client::read(response.map_err(IssuerError::from)?).await?;
    parse(&body, algorithms)
}

/// The keys of a set that can verify a token. A key that cannot be read costs the others nothing.
fn parse(json: &[u8], algorithms: &[Algorithm]) -> Result<Arc<[VerifyingKey]>, FetchError> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(json)?;
    let keys = set.keys.into_iter().take(MAX_KEYS);
    let keys = keys.filter_map(|key| VerifyingKey::jwk(&serde_json::from_value::<Jwk>(key).ok()?));
    let keys: Arc<[VerifyingKey]> = if algorithms.is_empty() {
        keys.collect()
    } else {
        keys.filter_map(|key| key.only(algorithms).ok()).collect()
    };
    if keys.is_empty() {
        return Err(FetchError::Empty);
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::{KeySetAddress, parse};

    #[test]
    fn an_address_is_https_or_of_this_machine() {
        for good in [
            "https://id.example/jwks",
            "http://127.0.0.1:1/",
            "http://[::1]/",
            "http://localhost/k",
        ] {
            assert!(good.parse::<KeySetAddress>().is_ok(), "{good}");
        }
        for bad in [
            "http://id.example/jwks",
            "file:///etc/passwd",
            "jwks",
            "ftp://localhost/",
        ] {
            assert!(bad.parse::<KeySetAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_keys_that_verify_signatures_are_taken() {
        let modulus = "u".repeat(344);
        let set = |extra: &str| {
            let key = format!(r#"{{"kty":"RSA","n":"{modulus}","e":"AQAB"{extra}}}"#);
            parse(
                format!(r#"{{"keys":[{key},7,{{"kty":"odd"}}]}}"#).as_bytes(),
                &[],
            )
            .is_ok()
        };
        assert!(set(""));
        assert!(set(r#","use":"sig","alg":"RS256","kid":"a""#));
        assert!(!set(r#","use":"enc""#));
        assert!(!set(r#","alg":"RSA-OAEP""#));
        assert!(!set(r#","key_ops":["encrypt"]"#));
        let secret = br#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#;
        assert!(parse(secret, &[]).is_err(), "a public set has no secrets");
        let short = br#"{"keys":[{"kty":"RSA","n":"uuuu","e":"AQAB"}]}"#;
        assert!(parse(short, &[]).is_err());
    }
}
