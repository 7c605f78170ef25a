//! The keys of access tokens (JWT): ours, which sign, and those of the issuers whose tokens are taken.

use super::{
    auth_error::{INVALID_TOKEN, NO_EXP, WRONG_TOKEN_TYPE},
    claims::Claims,
    device_key::DeviceKey,
    issuer::{Issuer, IssuerKey, Refusal, TokenRules},
    seal::SealKey,
    token::Token,
    verifying_key::VerifyingKey,
};
use crate::{
    Error, Result,
    apps::{AppConfig, AppProfile, ConfigError, DEFAULT_APP, UnknownUsers},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use model::{SessionId, UserId};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{
    fmt::{self, Write},
    sync::Arc,
};
use time::OffsetDateTime;

/// The longest lifetime of a token whose `exp` tells how new it is, in seconds: ten years.
const MAX_LIFETIME_SECONDS: i64 = 10 * 365 * 24 * 60 * 60;

/// Lifetime of an access token, in seconds.
pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;

/// The claim `iss` of our own tokens.
const ISSUER: &str = "parlance";

/// Whose user ids are in tokens that another system has signed with our keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectOrigin {
    /// Ids of Parlance. A token with an unknown id is refused.
    #[default]
    Local,
    /// Ids of the other system. Users are found by issuer and subject, and created with their first
    /// token.
    External,
}

/// A key pair for RS256, in PEM.
#[derive(Clone)]
pub struct Rs256 {
    pub private_pem: Vec<u8>,
    pub public_pem: Vec<u8>,
}

/// The secret, and optionally an RSA key pair, which sign our tokens; and the apps with the keys of
/// theirs. Clones are cheap.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    id: String,
    signing: (Algorithm, EncodingKey),
    /// For the tokens of our sessions, which have the algorithms of `signing` only.
    verifying: Vec<VerifyingKey>,
    device: DeviceKey,
    /// Who signs with our keys, and names users by ids of ours.
    local: Option<Issuer>,
    apps: Vec<App>,
    seal: SealKey,
}

struct App {
    config: AppConfig,
    issuer: Issuer,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// Our keys, and how tokens are read that others sign with them.
pub struct OwnKeys<'a> {
    pub secret: &'a [u8],
    pub rs256: Option<&'a Rs256>,
}

/// A verified token.
#[derive(Debug)]
pub enum Subject {
    /// A token of ours: valid as long as its session.
    Session(UserId, SessionId),
    /// A token that was made elsewhere with our keys, with an id of ours.
    Local { user_id: UserId, is_admin: bool },
    /// A token of an app, with an id of the app's.
    External(Box<ExternalUser>),
}

/// A user as the claims of an app's token describe them.
#[derive(Debug, Default)]
pub struct ExternalUser {
    /// The app's name in the configuration.
    pub app: String,
    /// The claim `iss`, which tells issuers of one app apart; empty if there is none.
    pub issuer: String,
    /// Whether the configuration says which issuers the app has, so that there is one app for all.
    pub is_issuer_set: bool,
    pub subject: String,
    pub profile: AppProfile,
    pub is_admin: bool,
    /// When the claims were written, in seconds: `iat`, or else `exp`, which grows with it.
    pub told_at: i64,
}

#[derive(Serialize)]
struct SignedClaims {
    iss: &'static str,
    sub: String,
    sid: String,
    iat: i64,
    exp: i64,
}

impl Keys {
    /// Keys without other apps than that of the environment, which has our keys.
    pub fn new(secret: &[u8], rs256: Option<&Rs256>, subjects: SubjectOrigin) -> Result<Self> {
        let own = OwnKeys { secret, rs256 };
        let keys = match subjects {
            SubjectOrigin::Local => {
                let local = (own.issuer_keys(), TokenRules::default());
                Self::with_apps(&own, Some(local), Vec::new())
            }
            SubjectOrigin::External => {
                let app = AppConfig {
                    keys: own.issuer_keys(),
                    has_our_keys: true,
                    ..AppConfig::new(DEFAULT_APP)
                };
                Self::with_apps(&own, None, vec![app])
            }
        };
        keys.map_err(Error::internal)
    }

    /// `local`: the keys of tokens that others sign and that have ids of ours, and what these must say;
    /// `None` if there are none.
    ///
    /// # Errors
    /// A key cannot be used, or the tokens of two apps could not be told apart.
    pub fn with_apps(
        own: &OwnKeys<'_>,
        local: Option<(Vec<IssuerKey>, TokenRules)>,
        apps: Vec<AppConfig>,
    ) -> Result<Self, ConfigError> {
        AppConfig::check_all(&apps)?;
        let issuer_keys = own.issuer_keys();
        let mut verifying = Vec::new();
        for key in &issuer_keys {
            verifying.push(match key {
                IssuerKey::Secret(secret) => {
                    VerifyingKey::secret(secret)?.only(&[Algorithm::HS256])?
                }
                IssuerKey::Pem(pem) => VerifyingKey::pem(pem)?.only(&[Algorithm::RS256])?,
                IssuerKey::Set(_) => continue,
            });
        }
        let is_ours = |key: &IssuerKey| issuer_keys.iter().any(|it| it.is_same(key));
        for app in apps.iter().filter(|app| !app.has_our_keys) {
            if app.keys.iter().any(is_ours) {
                return Err(ConfigError::OurKey(app.name.clone()));
            }
        }
        let local = local.map(|(keys, rules)| Issuer::new(&keys, rules));
        let apps = apps.into_iter().map(|config| {
            let issuer = Issuer::new(&config.keys, config.rules.clone());
            let issuer = issuer.map_err(|error| config.error(error))?;
            Ok::<_, ConfigError>(App { config, issuer })
        });
        Ok(Self(Arc::new(Inner {
            id: own.id(),
            signing: own.signing()?,
            verifying,
            device: DeviceKey::new(own.secret),
            local: local.transpose()?,
            apps: apps.collect::<Result<_, _>>()?,
            seal: SealKey::derive(own.secret),
        })))
    }

    pub(super) fn device_key(&self) -> &DeviceKey {
        &self.0.device
    }

    /// Eight hexadecimal digits that tell our keys from those of another server: the same at all nodes,
    /// and nothing can be learned of the keys from it.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub(super) fn seal_key(&self) -> &SealKey {
        &self.0.seal
    }

    /// Whether there are tokens with ids of another system.
    pub fn has_apps(&self) -> bool {
        !self.0.apps.is_empty()
    }

    /// Signs an access token for a session, valid for `ACCESS_TOKEN_SECONDS`.
    pub fn sign(&self, user_id: UserId, session_id: SessionId) -> Result<String> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let claims = SignedClaims {
            iss: ISSUER,
            sub: user_id.to_string(),
            sid: session_id.to_string(),
            iat: now,
            exp: now + ACCESS_TOKEN_SECONDS,
        };
        let (algorithm, key) = &self.0.signing;
        jsonwebtoken::encode(&Header::new(*algorithm), &claims, key).map_err(Error::internal)
    }

    /// Verifies a token at a door, or at the main address, where the tokens of all apps are taken.
    /// Returns its subject, and the user's id as the token has it.
    pub async fn verify(&self, door: Option<&str>, token: &str) -> Result<(Subject, String)> {
        let Some(token) = Token::parse(token) else {
            tracing::debug!("a token was refused: it cannot be read, or has an unknown algorithm");
            return Err(INVALID_TOKEN);
        };
        let claims = Claims(&token.claims);
        if claims.issuer() == Some(ISSUER) && claims.has("sid") {
            return self.session(&token).ok_or_else(|| {
                tracing::debug!("a token of a session was refused: forged, or expired");
                INVALID_TOKEN
            });
        }
        let mut error = INVALID_TOKEN;
        for app in self.0.apps.iter().filter(|app| app.config.serves(door)) {
            match app.issuer.check(&token).await {
                Ok(subject) => return Ok((app.subject(&claims, &subject), subject)),
                Err(refusal) => error = refuse(&app.config.name, refusal, error),
            }
        }
        if let Some(local) = &self.0.local {
            match local.check(&token).await {
                Ok(id) => {
                    let user_id = id.parse().map_err(|_| INVALID_TOKEN)?;
                    let admin_claim = local.rules().admin_claim.as_ref();
                    let is_admin = admin_claim.is_some_and(|claim| claims.is_admin(claim));
                    return Ok((Subject::Local { user_id, is_admin }, id));
                }
                Err(refusal) => error = refuse("(our own keys)", refusal, error),
            }
        }
        Err(error)
    }

    /// Whether somebody whom nobody has seen yet may be named in an app.
    pub fn unknown_users(&self, app: &str) -> UnknownUsers {
        let app = self.0.apps.iter().find(|it| it.config.name == app);
        app.map_or_else(UnknownUsers::default, |app| app.config.unknown_users)
    }

    /// The names of the apps in the configuration.
    pub fn app_names(&self) -> impl Iterator<Item = &str> {
        self.0.apps.iter().map(|app| app.config.name.as_str())
    }

    /// The first of the issuers that the configuration gives an app.
    pub fn issuer_of(&self, app: &str) -> Option<&str> {
        let app = self.0.apps.iter().find(|it| it.config.name == app)?;
        app.config.rules.issuers.first().map(String::as_str)
    }

    fn session(&self, token: &Token<'_>) -> Option<(Subject, String)> {
        let claims = Claims(&token.claims);
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let is_valid = self.0.verifying.iter().any(|key| key.verifies(token))
            && claims.seconds("exp").is_some_and(|exp| exp > now)
            && claims.seconds("nbf").is_none_or(|nbf| nbf <= now);
        if !is_valid {
            return None;
        }
        let id = claims.subject(std::iter::once("sub"))?;
        let session_id = claims.subject(std::iter::once("sid"))?;
        let subject = Subject::Session(id.parse().ok()?, session_id.parse().ok()?);
        Some((subject, id))
    }
}

impl OwnKeys<'_> {
    /// Our keys as those of an app that signs its tokens with them.
    pub fn issuer_keys(&self) -> Vec<IssuerKey> {
        let secret = IssuerKey::Secret(self.secret.to_vec());
        let public = self.rs256.map(|it| IssuerKey::Pem(it.public_pem.clone()));
        std::iter::once(secret).chain(public).collect()
    }

    fn id(&self) -> String {
        let key = self.rs256.map_or(self.secret, |pair| &pair.public_pem);
        let hash = Sha256::new_with_prefix("key id\n")
            .chain_update(key)
            .finalize();
        hash[..4].iter().fold(String::new(), |mut id, byte| {
            // Writing to a string cannot fail.
            let _ = write!(id, "{byte:02x}");
            id
        })
    }

    fn signing(&self) -> Result<(Algorithm, EncodingKey), ConfigError> {
        Ok(match self.rs256 {
            Some(pem) => {
                let key = EncodingKey::from_rsa_pem(&pem.private_pem);
                (Algorithm::RS256, key.map_err(|_| ConfigError::PrivateKey)?)
            }
            None => (Algorithm::HS256, EncodingKey::from_secret(self.secret)),
        })
    }
}

impl App {
    fn subject(&self, claims: &Claims<'_>, subject: &str) -> Subject {
        let rules = self.issuer.rules();
        let issuer = match rules.issuers.first() {
            Some(first) => first.as_str(),
            None => claims.issuer().unwrap_or_default(),
        };
        let is_admin = |claim| claims.is_admin(claim);
        // `exp` stands for a missing `iat`. One that is far away, as one in milliseconds is, would outdo
        // all later tokens: it is no time.
        let far = OffsetDateTime::now_utc().unix_timestamp() + MAX_LIFETIME_SECONDS;
        let exp = || claims.seconds("exp").filter(|exp| *exp < far);
        let told_at = claims.seconds("iat").or_else(exp);
        Subject::External(Box::new(ExternalUser {
            app: self.config.name.clone(),
            issuer: issuer.to_owned(),
            is_issuer_set: !rules.issuers.is_empty(),
            subject: subject.to_owned(),
            profile: claims.profile(&rules.profile_claims),
            is_admin: rules.admin_claim.as_ref().is_some_and(is_admin),
            told_at: told_at.unwrap_or_default(),
        }))
    }
}

/// Logs why a token was refused, never the token, and returns the error for its sender: the most telling
/// one of all issuers that could have signed it.
fn refuse(app: &str, refusal: Refusal, so_far: Error) -> Error {
    tracing::debug!(app, ?refusal, "a token was refused");
    match refusal {
        Refusal::NoExp => Error::Unauthenticated(NO_EXP),
        Refusal::OtherType => Error::Unauthenticated(WRONG_TOKEN_TYPE),
        Refusal::NoKeys => Error::NoIssuerKeys,
        _ => so_far,
    }
}
