//! `DeviceKey`: signs the cookies of devices.

use crate::{Result, error::Error};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use model::UserId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

/// From a sign-in to the day on which its browser is forgotten. Browsers keep no cookie longer than
/// 400 days (RFC 6265bis, 5.5).
pub const DEVICE_LIFETIME: Duration = Duration::days(390);

/// The claim `aud`.
const AUDIENCE: &str = "device";

/// Tells the browsers of one account apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceId(String);

/// The key that signs the cookies. It is made of the secret and is another one, so that a cookie is no
/// token.
pub struct DeviceKey {
    signing: EncodingKey,
    verifying: DecodingKey,
}

#[derive(Serialize, Deserialize)]
pub struct DeviceClaims {
    pub sub: String,
    jti: String,
    aud: String,
    exp: i64,
}

impl DeviceClaims {
    pub fn id(self) -> DeviceId {
        DeviceId(self.jti)
    }
}

impl DeviceKey {
    pub fn new(secret: &[u8]) -> Self {
        let mut hash = Sha256::new_with_prefix("parlance device cookie\0");
        hash.update(secret);
        let key: [u8; 32] = hash.finalize().into();
        Self {
            signing: EncodingKey::from_secret(&key),
            verifying: DecodingKey::from_secret(&key),
        }
    }

    pub fn sign(&self, user_id: UserId) -> Result<String> {
        let claims = DeviceClaims {
            sub: user_id.to_string(),
            jti: format!("{:016x}", rand::random::<u64>()),
            aud: AUDIENCE.to_owned(),
            exp: (OffsetDateTime::now_utc() + DEVICE_LIFETIME).unix_timestamp(),
        };
        let header = Header::new(Algorithm::HS256);
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(Error::internal)
    }

    pub fn verify(&self, token: &str) -> Option<DeviceClaims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        let verified = jsonwebtoken::decode::<DeviceClaims>(token, &self.verifying, &validation);
        verified.ok().map(|token| token.claims)
    }
}
