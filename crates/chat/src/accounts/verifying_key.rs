//! `VerifyingKey`: a key that verifies tokens, bound to the algorithms of its type.

use super::token::Token;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::fmt;

const HMAC: &[Algorithm] = &[Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
const RSA: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];
const P256: &[Algorithm] = &[Algorithm::ES256];
const P384: &[Algorithm] = &[Algorithm::ES384];
const ED25519: &[Algorithm] = &[Algorithm::EdDSA];

/// Bits of the shortest RSA modulus (RFC 7518, 3.3).
const MIN_RSA_BITS: usize = 2048;

/// The DER of the object identifier of the curve P-384, 1.3.132.0.34. A PEM of the other curve that
/// is known here, P-256, does not have it.
const P384_OID: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

/// A key verifies only the algorithms of its type, whatever a token says. This rules out algorithm
/// confusion (RFC 8725, 3.1).
#[derive(Clone)]
pub struct VerifyingKey {
    key: DecodingKey,
    algorithms: Vec<Algorithm>,
    /// The `kid` of a key of a set.
    id: Option<String>,
}

/// Why a key cannot be used. It never shows the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("is no public key in PEM, of RSA, P-256, P-384 or Ed25519")]
    Pem,
    #[error("is a private key; a public one verifies tokens")]
    Private,
    #[error("is empty")]
    Empty,
    #[error("is no base64")]
    Base64,
    #[error("has none of the algorithms that are set")]
    Algorithms,
    #[error("has {bytes} bytes, and {algorithm:?} needs {needed} or more (RFC 7518, 3.2)")]
    Short {
        bytes: usize,
        algorithm: Algorithm,
        needed: usize,
    },
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithms", &self.algorithms)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl VerifyingKey {
    pub fn secret(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Self::of(DecodingKey::from_secret(secret), HMAC))
    }

    /// Whether a secret is as long as the hash of each of these algorithms (RFC 7518, 3.2): a shorter one
    /// can be guessed from one token. Without algorithms, as long as that of HS256.
    ///
    /// # Errors
    /// `Short`, with the algorithm that needs most.
    pub fn check_secret(secret: &[u8], algorithms: &[Algorithm]) -> Result<(), KeyError> {
        let needs = algorithms.iter().filter_map(|algorithm| {
            let needed = match algorithm {
                Algorithm::HS256 => 32,
                Algorithm::HS384 => 48,
                Algorithm::HS512 => 64,
                _ => return None,
            };
            Some((needed, *algorithm))
        });
        let most = needs.max_by_key(|(needed, _)| *needed);
        let (needed, algorithm) = most.unwrap_or((32, Algorithm::HS256));
        let bytes = secret.len();
        if bytes >= needed {
            return Ok(());
        }
        Err(KeyError::Short {
            bytes,
            algorithm,
            needed,
        })
    }

    /// A public key in PEM: of RSA, of the curves P-256 and P-384, or Ed25519.
    pub fn pem(pem: &[u8]) -> Result<Self, KeyError> {
        if pem.windows(12).any(|it| it == b"PRIVATE KEY-") {
            return Err(KeyError::Private);
        }
        if let Ok(key) = DecodingKey::from_rsa_pem(pem) {
            return Ok(Self::of(key, RSA));
        }
        if let Ok(key) = DecodingKey::from_ec_pem(pem) {
            let is_p384 = der(pem).windows(P384_OID.len()).any(|it| it == P384_OID);
            return Ok(Self::of(key, if is_p384 { P384 } else { P256 }));
        }
        let key = DecodingKey::from_ed_pem(pem).map_err(|_| KeyError::Pem)?;
        Ok(Self::of(key, ED25519))
    }

    /// A key of a set. `None` for a key that is for something else than signatures, or of a type that
    /// is not known here; a symmetric key has no place in a public set.
    pub fn jwk(jwk: &Jwk) -> Option<Self> {
        let common = &jwk.common;
        let is_for_signatures =
            matches!(common.public_key_use, None | Some(PublicKeyUse::Signature))
                && common
                    .key_operations
                    .as_ref()
                    .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        let algorithms = match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) if is_long_enough(&rsa.n) => RSA,
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => P256,
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P384 => P384,
            AlgorithmParameters::OctetKeyPair(ed) if ed.curve == EllipticCurve::Ed25519 => ED25519,
            _ => return None,
        };
        let mut key = Self::of(DecodingKey::from_jwk(jwk).ok()?, algorithms);
        if let Some(only) = common.key_algorithm {
            key.algorithms.retain(|it| KeyAlgorithm::from(*it) == only);
        }
        key.id.clone_from(&common.key_id);
        (is_for_signatures && !key.algorithms.is_empty()).then_some(key)
    }

    /// The key for some of its algorithms only.
    pub fn only(mut self, algorithms: &[Algorithm]) -> Result<Self, KeyError> {
        self.algorithms.retain(|it| algorithms.contains(it));
        if self.algorithms.is_empty() {
            return Err(KeyError::Algorithms);
        }
        Ok(self)
    }

    /// Whether the token names this key: by the algorithm, and by the `kid` if both have one.
    pub fn fits(&self, token: &Token<'_>) -> bool {
        let is_named = match (&self.id, &token.key_id) {
            (Some(own), Some(named)) => own == named,
            _ => true,
        };
        is_named && self.algorithms.contains(&token.algorithm)
    }

    pub fn verifies(&self, token: &Token<'_>) -> bool {
        self.algorithms.contains(&token.algorithm) && token.is_signed_by(&self.key)
    }

    fn of(key: DecodingKey, algorithms: &[Algorithm]) -> Self {
        Self {
            key,
            algorithms: algorithms.to_vec(),
            id: None,
        }
    }
}

/// The bytes of a PEM's base64, as far as it can be read.
fn der(pem: &[u8]) -> Vec<u8> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let text = String::from_utf8_lossy(pem);
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let base64: String = lines.map(str::trim).collect();
    BASE64_STANDARD.decode(base64).unwrap_or_default()
}

/// Whether two secrets are one key of HMAC, with any hash. HMAC fills a short secret up with zeros, and takes
/// the hash of one that is longer than a block (RFC 2104, 2).
pub fn is_same_secret(a: &[u8], b: &[u8]) -> bool {
    fn key<D: Digest>(secret: &[u8], block: usize) -> Vec<u8> {
        let mut key = if secret.len() > block {
            D::digest(secret).to_vec()
        } else {
            secret.to_vec()
        };
        let length = key
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |it| it + 1);
        key.truncate(length);
        key
    }
    key::<Sha256>(a, 64) == key::<Sha256>(b, 64)
        || key::<Sha384>(a, 128) == key::<Sha384>(b, 128)
        || key::<Sha512>(a, 128) == key::<Sha512>(b, 128)
}

/// Whether two public keys in PEM are one: PEM has several forms of the same key, as PKCS#1 and SPKI of RSA.
pub fn is_same_public_key(a: &[u8], b: &[u8]) -> bool {
    match (public_key(a), public_key(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// The key alone, without the form: the numbers of RSA, the point of a curve.
fn public_key(pem: &[u8]) -> Option<Vec<u8>> {
    let key = DecodingKey::from_rsa_pem(pem)
        .or_else(|_| DecodingKey::from_ec_pem(pem))
        .or_else(|_| DecodingKey::from_ed_pem(pem));
    Some(key.ok()?.try_get_as_bytes().ok()?.to_vec())
}

/// Four characters of base64 are 24 bits.
fn is_long_enough(modulus: &str) -> bool {
    modulus.trim_end_matches('=').len() * 6 >= MIN_RSA_BITS
}

#[cfg(test)]
mod tests {
    use super::{KeyError, VerifyingKey, is_same_public_key, is_same_secret};
    use sha2::{Digest, Sha256, Sha512};

    #[test]
    fn one_secret_has_several_spellings() {
        let long = [7; 200];
        let hash = Sha512::digest(long);
        assert!(is_same_secret(b"a", b"a\0"));
        assert!(is_same_secret(&long, &hash));
        assert!(is_same_secret(&long, &Sha256::digest(long)));
        assert!(!is_same_secret(b"a", b"\0a"));
        assert!(!is_same_secret(b"a", b"b"));
        assert!(!is_same_secret(&long, &Sha256::digest(hash)));
    }

    #[test]
    fn one_public_key_has_several_forms() {
        let spki: &[u8] = include_bytes!("../../tests/verbs/public.pem");
        let pkcs1: &[u8] = include_bytes!("../../tests/verbs/keys/public_pkcs1.pem");
        let other: &[u8] = include_bytes!("../../tests/verbs/keys/p256.public.pem");
        let one_line = String::from_utf8_lossy(spki).replace('\n', "\r\n");
        assert!(is_same_public_key(spki, pkcs1));
        assert!(is_same_public_key(spki, one_line.as_bytes()));
        assert!(!is_same_public_key(spki, other));
        assert!(is_same_public_key(other, other));
    }

    #[test]
    fn a_secret_is_as_long_as_the_hash_of_its_algorithm() {
        use jsonwebtoken::Algorithm::{HS256, HS384, HS512, RS256};
        let check = |bytes: usize, algorithms: &[_]| {
            VerifyingKey::check_secret(&vec![b'a'; bytes], algorithms)
        };
        for (bytes, algorithms) in [
            (32, &[][..]),
            (32, &[HS256]),
            (48, &[HS384, HS256]),
            (64, &[HS512]),
            (32, &[RS256]),
        ] {
            assert_eq!(check(bytes, algorithms), Ok(()), "{bytes} {algorithms:?}");
        }
        for (bytes, algorithms, needed) in [
            (0, &[][..], 32),
            (1, &[], 32),
            (31, &[HS256], 32),
            (47, &[HS256, HS384], 48),
            (63, &[HS512, HS256], 64),
        ] {
            let refused = check(bytes, algorithms).unwrap_err();
            assert!(
                matches!(refused, KeyError::Short { needed: it, .. } if it == needed),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_key_that_cannot_be_used_is_refused_without_showing_it() {
        assert_eq!(VerifyingKey::secret(b"").unwrap_err(), KeyError::Empty);
        assert_eq!(VerifyingKey::pem(b"secret").unwrap_err(), KeyError::Pem);
        let private = include_bytes!("../../tests/verbs/private.pem");
        let refused = VerifyingKey::pem(private).unwrap_err();
        assert_eq!(refused, KeyError::Private);
        let public = include_bytes!("../../tests/verbs/public.pem");
        let key = VerifyingKey::pem(public).unwrap();
        assert_eq!(key.algorithms.len(), 6);
        let wrong = key.clone().only(&[jsonwebtoken::Algorithm::HS256]);
        assert_eq!(wrong.unwrap_err(), KeyError::Algorithms);
        assert!(!format!("{key:?}").contains("BEGIN"));
    }
}
