//! The keys of access tokens (JWT): ours, which sign, and those of the issuers whose tokens are taken.

use super::{
    auth_error::{INVALID_TOKEN, NO_EXP, WRONG_TOKEN_TYPE},
    claims::Claims,
    device_key::DeviceKey,
    issuer::{Issuer, IssuerKey, Refusal, TokenRules},
    link_key::LinkKey,
    seal::SealKey,
    token::Token,
    two_factor_key::TwoFactorKey,
    verifying_key::VerifyingKey,
};
use crate::{
    Error, Result,
    apps::{AppConfig, AppProfile, ConfigError, DEFAULT_APP, ToldAt, UnknownUsers},
};
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
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
    two_factor: TwoFactorKey,
    link: LinkKey,
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

/// Whom a verified token names.
#[derive(Debug)]
pub enum Subject {
    /// A token of ours: valid as long as its session.
    Session(UserId, SessionId),
    /// A token that was made elsewhere with our keys, with an id of ours.
    Local { user_id: UserId, is_admin: bool },
    /// A token of an app, with an id of the app's.
    External(Box<ExternalUser>),
}

/// A token that has been verified.
#[derive(Debug)]
pub struct Verified {
    pub subject: Subject,
    /// The user's id as the token has it.
    pub id: String,
    /// When it expires, in seconds. `None` for a token of ours, whose session decides, and for one
    /// without `exp` where that is taken.
    pub expires_at: Option<i64>,
}

/// A user as the claims of an app's token describe them.
#[derive(Debug, Default)]
pub struct ExternalUser {
    /// The app's name in the configuration.
    pub app: String,
    /// The claim `iss`, which tells issuers of one app apart; empty if there is none.
    pub issuer: String,
    pub subject: String,
    pub profile: AppProfile,
    pub is_admin: bool,
    /// When the claims were written: `iat`, or else `exp`, which grows with it.
    pub told_at: ToldAt,
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
        if let Some((keys, rules)) = &local {
            let is_unclear =
                |app: &&AppConfig| app.shares_a_key(keys) && !app.rules.is_told_from(rules);
            if let Some(app) = apps.iter().find(is_unclear) {
                return Err(ConfigError::KeyOfOurUsers(app.name.clone()));
            }
        }
        let signing = own.signing()?;
        own.check_pair(&signing, &verifying)?;
        let local = local.map(|(keys, rules)| Issuer::new(&keys, rules));
        let apps = apps.into_iter().map(|config| {
            let issuer = Issuer::new(&config.keys, config.rules.clone());
            let issuer = issuer.map_err(|error| config.error(error))?;
            Ok::<_, ConfigError>(App { config, issuer })
        });
        Ok(Self(Arc::new(Inner {
            id: own.id(),
            signing,
            verifying,
            device: DeviceKey::new(own.secret),
            local: local.transpose()?,
            apps: apps.collect::<Result<_, _>>()?,
            seal: SealKey::derive(own.secret),
            two_factor: TwoFactorKey::derive(own.secret),
            link: LinkKey::derive(own.secret),
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

    pub(super) fn two_factor_key(&self) -> &TwoFactorKey {
        &self.0.two_factor
    }

    pub(crate) fn link_key(&self) -> &LinkKey {
        &self.0.link
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
    pub async fn verify(&self, door: Option<&str>, token: &str) -> Result<Verified> {
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
        // All at once: an issuer whose keys have to be fetched first delays no other one's tokens. A token
        // is of one app only, so that their order means nothing.
        let apps = self.0.apps.iter().filter(|app| app.config.serves(door));
        let apps = apps.map(|app| (Some(app), &app.issuer));
        let issuers = apps.chain(self.0.local.iter().map(|local| (None, local)));
        let checks = issuers.map(|(app, issuer)| {
            let check = issuer.check(&token);
            check.map(move |result| (app, issuer, result))
        });
        let mut checks: FuturesUnordered<_> = checks.collect();
        while let Some((app, issuer, result)) = checks.next().await {
            match (result, app) {
                (Ok(id), Some(app)) => {
                    return Ok(Verified {
                        subject: app.subject(&claims, &id),
                        id,
                        expires_at: claims.seconds("exp"),
                    });
                }
                (Ok(id), None) => {
                    let user_id = id.parse().map_err(|_| INVALID_TOKEN)?;
                    let admin_claim = issuer.rules().admin_claim.as_ref();
                    let is_admin = admin_claim.is_some_and(|claim| claims.is_admin(claim));
                    return Ok(Verified {
                        subject: Subject::Local { user_id, is_admin },
                        id,
                        expires_at: claims.seconds("exp"),
                    });
                }
                (Err(refusal), app) => {
                    let name = app.map_or("(our own keys)", |app| &app.config.name);
                    error = refuse(name, refusal, error);
                }
            }
        }
        Err(error)
    }

    /// Whether somebody whom nobody has seen yet may be named in an app.
    pub fn unknown_users(&self, app: &str) -> UnknownUsers {
        let app = self.0.apps.iter().find(|it| it.config.name == app);
        app.map_or_else(UnknownUsers::default, |app| app.config.unknown_users)
    }

    pub fn app_configs(&self) -> impl Iterator<Item = &AppConfig> {
        self.0.apps.iter().map(|app| &app.config)
    }

    /// The names of the apps in the configuration.
    pub fn app_names(&self) -> impl Iterator<Item = &str> {
        self.0.apps.iter().map(|app| app.config.name.as_str())
    }

    /// The issuers that the configuration gives an app; empty if it takes any.
    pub fn issuers_of(&self, app: &str) -> &[String] {
        let app = self.0.apps.iter().find(|it| it.config.name == app);
        app.map_or(&[], |app| &app.config.rules.issuers)
    }

    fn session(&self, token: &Token<'_>) -> Option<Verified> {
        let claims = Claims(&token.claims);
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let is_valid = self.0.verifying.iter().any(|key| key.verifies(token))
            && claims.seconds("exp").is_some_and(|exp| exp > now)
            && !claims.is_before("nbf", now);
        if !is_valid {
            return None;
        }
        let id = claims.subject(std::iter::once("sub"))?;
        let session_id = claims.subject(std::iter::once("sid"))?;
        let subject = Subject::Session(id.parse().ok()?, session_id.parse().ok()?);
        Some(Verified {
            subject,
            id,
            expires_at: None,
        })
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

    /// Whether what the private key signs, the public one verifies.
    fn check_pair(
        &self,
        (algorithm, key): &(Algorithm, EncodingKey),
        verifying: &[VerifyingKey],
    ) -> Result<(), ConfigError> {
        if self.rs256.is_none() {
            return Ok(());
        }
        let signed = jsonwebtoken::encode(&Header::new(*algorithm), &serde_json::json!({}), key);
        let signed = signed.map_err(|_| ConfigError::KeyPair)?;
        let token = Token::parse(&signed).ok_or(ConfigError::KeyPair)?;
        let is_pair = verifying.iter().any(|key| key.verifies(&token));
        is_pair.then_some(()).ok_or(ConfigError::KeyPair)
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
        let told_at = match claims.seconds("iat") {
            Some(at) => ToldAt::Issued(at),
            None => exp().map_or(ToldAt::Unknown, ToldAt::Expires),
        };
        Subject::External(Box::new(ExternalUser {
            app: self.config.name.clone(),
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            profile: claims.profile(&rules.profile_claims),
            is_admin: rules.admin_claim.as_ref().is_some_and(is_admin),
            told_at,
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
        // Of an issuer that has signed it, more is known.
        Refusal::NoKeys if !matches!(so_far, Error::Unauthenticated(NO_EXP | WRONG_TOKEN_TYPE)) => {
            Error::NoIssuerKeys
        }
        _ => so_far,
    }
}
