//! The keys that sign and verify access tokens, and what the tokens say.

use super::auth_error;
use crate::{Error, Result};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use model::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, sync::Arc};
use time::OffsetDateTime;

/// Seconds that an access token is good for.
pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;

/// What a token says of its type, where it says anything.
const ACCESS: &str = "access";

/// The issuer that our own tokens name.
const ISSUER: &str = "parlance";

/// Whose ids the tokens carry that somebody else made with our keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectOrigin {
    /// Ids of Parlance; an unknown one is refused.
    #[default]
    Local,
    /// Another system's: looked up by issuer and subject, created on first sight.
    External,
}

/// An RS256 pair, in PEM.
#[derive(Clone)]
pub struct Rs256 {
    pub private_pem: Vec<u8>,
    pub public_pem: Vec<u8>,
}

/// Each key verifies its own algorithm only; the RS256 pair, where there is one, signs.
#[derive(Clone)]
pub struct Keys(Arc<Pairs>);

struct Pairs {
    hs256: (EncodingKey, DecodingKey),
    rs256: Option<(EncodingKey, DecodingKey)>,
    subjects: SubjectOrigin,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// Who a verified token speaks for.
#[derive(Debug)]
pub enum Subject {
    /// One that we made: it lives as long as its session.
    Session(UserId, SessionId),
    /// Made elsewhere with our keys, carrying an id of ours.
    Local(UserId),
    /// Another system's user.
    External(ExternalUser),
}

#[derive(Debug, Default)]
pub struct ExternalUser {
    pub issuer: String,
    pub subject: String,
    pub name: Option<String>,
    pub username: Option<String>,
    pub email: Option<String>,
    pub avatar_url: Option<String>,
}

#[derive(Serialize)]
struct OurClaims {
    iss: &'static str,
    sub: String,
    sid: String,
    iat: i64,
    exp: i64,
}

/// What tokens from anywhere may say. Ids are strings with some, numbers with others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claims {
    iss: Option<String>,
    sub: Option<Value>,
    user_id: Option<Value>,
    id: Option<Value>,
    sid: Option<String>,
    /// Some systems sign refresh tokens with the same key; one is no access token.
    #[serde(rename = "type")]
    kind: Option<Value>,
    name: Option<String>,
    username: Option<String>,
    email: Option<String>,
    avatar: Option<String>,
}

impl Claims {
    /// The user's id, wherever the token has it.
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
        Ok(Self(Arc::new(Pairs {
            hs256,
            rs256,
            subjects,
        })))
    }

    /// An access token for a session.
    pub fn sign(&self, user_id: UserId, session_id: SessionId) -> Result<String> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let claims = OurClaims {
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

    /// Who the token speaks for, if one of our keys signed it and its time has not passed; and
    /// the id by which it names them.
    pub fn verify(&self, token: &str) -> Result<(Subject, String)> {
        let claims = self.claims(token).ok_or(super::BAD_TOKEN)?;
        if claims.kind.as_ref().is_some_and(|kind| kind != ACCESS) {
            return Err(Error::Unauthenticated(auth_error::WRONG_TOKEN_TYPE));
        }
        let id = claims.id().ok_or(super::BAD_TOKEN)?;
        let subject = self.subject(claims, &id).ok_or(super::BAD_TOKEN)?;
        Ok((subject, id))
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        // The token only says which key to try; each key knows one algorithm.
        let algorithm = jsonwebtoken::decode_header(token).ok()?.alg;
        let key = match algorithm {
            Algorithm::HS256 => &self.0.hs256.1,
            Algorithm::RS256 => &self.0.rs256.as_ref()?.1,
            _ => return None,
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = 0;
        validation.validate_nbf = true;
        // Tokens made elsewhere name audiences that we can't know.
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
                name: claims.name,
                username: claims.username,
                email: claims.email,
                avatar_url: claims.avatar,
            })),
        }
    }
}
