//! `Issuer`: who signs tokens of an app, with which keys, and what the tokens must say.

use super::{
    claims::{AdminClaim, Claims, ProfileClaims, SUBJECT_CLAIMS},
    key_set::{KeySet, KeySetAddress},
    token::Token,
    verifying_key::{KeyError, VerifyingKey, is_same_public_key, is_same_secret},
};
use jsonwebtoken::Algorithm;
use std::fmt;
use time::{Duration, OffsetDateTime};

/// The value of the claim `type` in access tokens; tokens without the claim count as such.
const ACCESS_TYPE: &str = "access";

/// Keys of an issuer, as the operator sets them.
#[derive(Clone, PartialEq, Eq)]
pub enum IssuerKey {
    /// A secret for HMAC.
    Secret(Vec<u8>),
    /// A public key in PEM.
    Pem(Vec<u8>),
    /// The address of a set of public keys.
    Set(KeySetAddress),
}

impl IssuerKey {
    /// Whether the key is a secret that is too short for one of these algorithms; without any, for HS256.
    pub fn check_length(&self, algorithms: &[Algorithm]) -> Result<(), KeyError> {
        match self {
            Self::Secret(secret) => VerifyingKey::check_secret(secret, algorithms),
            Self::Pem(_) | Self::Set(_) => Ok(()),
        }
    }

    /// Whether what one of the two signs, the other verifies, however the keys are written.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Secret(a), Self::Secret(b)) => is_same_secret(a, b),
            (Self::Pem(a), Self::Pem(b)) => is_same_public_key(a, b),
            (Self::Set(a), Self::Set(b)) => a.is_same_url(b),
            _ => false,
        }
    }
}

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret",
            Self::Pem(_) => "Pem",
            Self::Set(_) => "Set",
        })
    }
}

/// What the tokens of an issuer must say. The default takes any `iss` and `aud`.
#[derive(Clone, Debug)]
pub struct TokenRules {
    /// Values of `iss`, one of which a token must have. Empty: not checked.
    pub issuers: Vec<String>,
    /// Values of `aud`, one of which a token must have. Empty: not checked.
    pub audiences: Vec<String>,
    /// The claims that name the user. Empty: `SUBJECT_CLAIMS`.
    pub subject_claims: Vec<String>,
    pub profile_claims: ProfileClaims,
    pub admin_claim: Option<AdminClaim>,
    /// Whether a token without `exp` is refused. Default: true.
    pub requires_exp: bool,
    /// How far `nbf` and `iat` may be in the future. `exp` is exact. Default: 60 s.
    pub leeway: Duration,
    /// Algorithms that are accepted. Empty: all of the keys' types.
    pub algorithms: Vec<Algorithm>,
}

impl Default for TokenRules {
    fn default() -> Self {
        Self {
            issuers: Vec::new(),
            audiences: Vec::new(),
            subject_claims: Vec::new(),
            profile_claims: ProfileClaims::default(),
            admin_claim: None,
            requires_exp: true,
            leeway: Duration::seconds(60),
            algorithms: Vec::new(),
        }
    }
}

/// Why a token is refused. The log has it at the level `debug`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    OtherIssuer,
    NoKeyVerifies,
    /// The issuer's set of keys has never been had.
    NoKeys,
    OtherAudience,
    NoExp,
    Expired,
    NotYetValid,
    IssuedInTheFuture,
    OtherType,
    NoSubject,
}

pub struct Issuer {
    keys: Vec<VerifyingKey>,
    set: Option<KeySet>,
    rules: TokenRules,
}

impl Issuer {
    pub fn new(keys: &[IssuerKey], rules: TokenRules) -> Result<Self, KeyError> {
        let mut issuer = Self {
            keys: Vec::new(),
            set: None,
            rules,
        };
        for key in keys {
            let key = match key {
                IssuerKey::Secret(secret) => VerifyingKey::secret(secret)?,
                IssuerKey::Pem(pem) => VerifyingKey::pem(pem)?,
                IssuerKey::Set(address) => {
                    let algorithms = &issuer.rules.algorithms;
                    issuer.set = Some(KeySet::new(address.clone(), algorithms));
                    continue;
                }
            };
            let algorithms = &issuer.rules.algorithms;
            issuer.keys.push(if algorithms.is_empty() {
                key
            } else {
                key.only(algorithms)?
            });
        }
        Ok(issuer)
    }

    pub fn rules(&self) -> &TokenRules {
        &self.rules
    }

    /// Checks a token, and returns its subject. What needs no key is checked first, so that another
    /// issuer's token fetches nothing.
    pub async fn check(&self, token: &Token<'_>) -> Result<String, Refusal> {
        let rules = &self.rules;
        let claims = Claims(&token.claims);
        let is_ours = |issuer: &str| rules.issuers.iter().any(|it| it == issuer);
        if !rules.issuers.is_empty() && !claims.issuer().is_some_and(is_ours) {
            return Err(Refusal::OtherIssuer);
        }
        if !rules.audiences.is_empty() && !claims.has_audience(&rules.audiences) {
            return Err(Refusal::OtherAudience);
        }
        if !self.verifies(token).await? {
            return Err(Refusal::NoKeyVerifies);
        }
        rules.check_times(&claims, OffsetDateTime::now_utc().unix_timestamp())?;
        if claims.has("type") && token.claims["type"] != ACCESS_TYPE {
            return Err(Refusal::OtherType);
        }
        let subject = if rules.subject_claims.is_empty() {
            claims.subject(SUBJECT_CLAIMS.into_iter())
        } else {
            claims.subject(rules.subject_claims.iter().map(String::as_str))
        };
        subject.ok_or(Refusal::NoSubject)
    }

    async fn verifies(&self, token: &Token<'_>) -> Result<bool, Refusal> {
        if self.keys.iter().any(|key| key.verifies(token)) {
            return Ok(true);
        }
        match &self.set {
            Some(set) => set.verifies(token).await.map_err(|_| Refusal::NoKeys),
            None => Ok(false),
        }
    }
}

impl TokenRules {
    /// Accepts only these algorithms, by their names (RFC 7518, 3.1).
    ///
    /// # Errors
    /// The name that is none.
    pub fn only_algorithms(mut self, names: &[String]) -> Result<Self, String> {
        for name in names {
            self.algorithms
                .push(name.parse().map_err(|_| name.clone())?);
        }
        Ok(self)
    }

    /// Whether no token can be one of both.
    pub fn is_told_from(&self, other: &Self) -> bool {
        let differ = |a: &[String], b: &[String]| {
            !a.is_empty() && !b.is_empty() && !a.iter().any(|it| b.contains(it))
        };
        differ(&self.issuers, &other.issuers) || differ(&self.audiences, &other.audiences)
    }

    fn check_times(&self, claims: &Claims<'_>, now: i64) -> Result<(), Refusal> {
        // An `exp` that cannot be read may have been a limit: it is never taken for none.
        match claims.seconds("exp") {
            Some(exp) if exp <= now => return Err(Refusal::Expired),
            None if self.requires_exp || claims.has("exp") => return Err(Refusal::NoExp),
            _ => {}
        }
        let latest = now.saturating_add(self.leeway.whole_seconds());
        if claims.is_before("nbf", latest) {
            return Err(Refusal::NotYetValid);
        }
        if claims.seconds("iat").is_some_and(|iat| iat > latest) {
            return Err(Refusal::IssuedInTheFuture);
        }
        Ok(())
    }
}
