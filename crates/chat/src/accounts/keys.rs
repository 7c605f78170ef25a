//! Keys of access tokens (JWT), and the claims of the tokens.

use super::auth_error::{INVALID_TOKEN, WRONG_TOKEN_TYPE};
use crate::{Error, Result, apps::AppProfile};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use model::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, sync::Arc};
use time::OffsetDateTime;

/// Lifetime of an access token, in seconds.
pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;

/// The value of the claim `type` in access tokens; tokens without the claim count as such.
const ACCESS_TYPE: &str = "access";

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

/// The HS256 secret, and optionally an RS256 key pair. Each verifies tokens of its own algorithm
/// only. The key pair signs our tokens if there is one, otherwise the secret does. Clones are cheap.
#[derive(Clone)]
pub struct Keys(Arc<KeyPairs>);

struct KeyPairs {
    hs256: (EncodingKey, DecodingKey),
    rs256: Option<(EncodingKey, DecodingKey)>,
    subjects: SubjectOrigin,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// The subject of a verified token.
#[derive(Debug)]
pub enum Subject {
    /// A token of ours: valid as long as its session.
    Session(UserId, SessionId),
    /// A token that was made elsewhere with our keys, with an id of ours.
    Local(UserId),
    /// A token that was made elsewhere, with an id of that system.
    External(ExternalUser),
}

/// A user as the claims of an external token describe them.
#[derive(Debug, Default)]
pub struct ExternalUser {
    pub issuer: String,
    pub subject: String,
    pub profile: AppProfile,
}

#[derive(Serialize)]
struct SignedClaims {
    iss: &'static str,
    sub: String,
    sid: String,
    iat: i64,
    exp: i64,
}

/// The claims that are read from a token of any issuer. Some issuers write ids as numbers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claims {
    iss: Option<String>,
    sub: Option<Value>,
    user_id: Option<Value>,
    id: Option<Value>,
    sid: Option<String>,
    /// Some systems sign refresh tokens with the same key, and tell them apart by this claim.
    #[serde(rename = "type")]
    kind: Option<Value>,
    name: Option<String>,
    username: Option<String>,
    email: Option<String>,
    avatar: Option<String>,
}

impl Claims {
    /// The user's id: the first of `sub`, `userId` and `id` that is a number or a string.
    fn id(&self) -> Option<String> {
        let ids = [&self.sub, &self.user_id, &self.id];
        ids.into_iter().flatten().find_map(|id| match id {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        })
    }
}

impl Keys {
    pub fn new(secret: &[u8], rs256: Option<&Rs256>, subjects: SubjectOrigin) -> Result<Self> {
        let rs256 = rs256
            .map(|pem| {
                let private = EncodingKey::from_rsa_pem(&pem.private_pem)?;
                let public = DecodingKey::from_rsa_pem(&pem.public_pem)?;
                Ok::<_, jsonwebtoken::errors::Error>((private, public))
            })
            .transpose()
            .map_err(Error::internal)?;
        let hs256 = (
            EncodingKey::from_secret(secret),
            DecodingKey::from_secret(secret),
        );
        Ok(Self(Arc::new(KeyPairs {
            hs256,
            rs256,
            subjects,
        })))
    }

    /// Whether there are tokens with ids of another system.
    pub fn has_apps(&self) -> bool {
        self.0.subjects == SubjectOrigin::External
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
        let (algorithm, key) = match &self.0.rs256 {
            Some((private, _)) => (Algorithm::RS256, private),
            None => (Algorithm::HS256, &self.0.hs256.0),
        };
        jsonwebtoken::encode(&Header::new(algorithm), &claims, key).map_err(Error::internal)
    }

    /// The subject of a token that one of our keys has signed and that is valid now, and the user's
    /// id as the token has it.
    pub fn verify(&self, token: &str) -> Result<(Subject, String)> {
        let claims = self.claims(token).ok_or(INVALID_TOKEN)?;
        if claims.kind.as_ref().is_some_and(|kind| kind != ACCESS_TYPE) {
            return Err(Error::Unauthenticated(WRONG_TOKEN_TYPE));
        }
        let id = claims.id().ok_or(INVALID_TOKEN)?;
        let subject = self.subject(claims, &id).ok_or(INVALID_TOKEN)?;
        Ok((subject, id))
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        // The header only selects the key. A key never verifies another algorithm than its own, which
        // rules out algorithm confusion (RFC 8725, 3.1).
        let algorithm = jsonwebtoken::decode_header(token).ok()?.alg;
        let key = match algorithm {
            Algorithm::HS256 => &self.0.hs256.1,
            Algorithm::RS256 => &self.0.rs256.as_ref()?.1,
            _ => return None,
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = 0;
        validation.validate_nbf = true;
        // External tokens may have an audience that is not configured here.
        validation.validate_aud = false;
        Some(jsonwebtoken::decode(token, key, &validation).ok()?.claims)
    }

    fn subject(&self, claims: Claims, id: &str) -> Option<Subject> {
        if claims.iss.as_deref() == Some(ISSUER)
            && let Some(session_id) = claims.sid
        {
            return Some(Subject::Session(id.parse().ok()?, session_id.parse().ok()?));
        }
        match self.0.subjects {
            SubjectOrigin::Local => id.parse().ok().map(Subject::Local),
            SubjectOrigin::External => Some(Subject::External(ExternalUser {
                issuer: claims.iss.unwrap_or_default(),
                subject: id.to_owned(),
                profile: AppProfile {
                    name: claims.name,
                    username: claims.username,
                    email: claims.email,
                    avatar_url: claims.avatar,
                },
            })),
        }
    }
}
