//! Sealed values: what a browser keeps for the server for a short time, and cannot make up. Every node
//! with the same `JWT_SECRET` opens what another one has sealed.

use crate::{Error, Result};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

/// A key of its own, derived from the secret: no sealed value is a token, and no token is a sealed
/// value.
pub(crate) struct SealKey {
    signing: EncodingKey,
    verifying: DecodingKey,
}

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    exp: i64,
    value: T,
}

impl SealKey {
    pub fn derive(secret: &[u8]) -> Self {
        let key = Sha256::new()
            .chain_update(b"parlance: sealed values\0")
            .chain_update(secret)
            .finalize();
        Self {
            signing: EncodingKey::from_secret(&key),
            verifying: DecodingKey::from_secret(&key),
        }
    }

    pub fn seal<T: Serialize>(&self, value: T, valid_for: Duration) -> Result<String> {
        let exp = (OffsetDateTime::now_utc() + valid_for).unix_timestamp();
        let sealed = Sealed { exp, value };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &sealed, &self.signing)
            .map_err(Error::internal)
    }

    pub fn open<T: DeserializeOwned>(&self, sealed: &str) -> Option<T> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.validate_aud = false;
        let opened = jsonwebtoken::decode::<Sealed<T>>(sealed, &self.verifying, &validation);
        Some(opened.ok()?.claims.value)
    }
}

#[cfg(test)]
mod tests {
    use super::SealKey;
    use time::Duration;

    #[test]
    fn opens_what_was_sealed_with_its_secret_until_the_time_has_passed() {
        let key = SealKey::derive(b"secret");
        let sealed = key.seal("words", Duration::MINUTE).unwrap();
        assert_eq!(key.open::<String>(&sealed).as_deref(), Some("words"));
        let other = SealKey::derive(b"another");
        assert_eq!(other.open::<String>(&sealed), None);
        assert_eq!(key.open::<String>(&sealed.replace('.', ".e")), None);
        let old = key.seal("words", -Duration::SECOND).unwrap();
        assert_eq!(key.open::<String>(&old), None);
    }
}
