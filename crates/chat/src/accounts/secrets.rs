//! Secrets of sessions: refresh tokens and the values of session cookies.

use crate::{Error, Result};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use sha2::{Digest, Sha256};

/// A new secret of 256 random bits in base64url, and the hash by which the database knows it.
pub fn new_secret() -> (String, [u8; 32]) {
    let secret = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let hash = hash_secret(&secret);
    (secret, hash)
}

/// A secret of 256 random bits cannot be guessed from its hash, however fast the hash is: a password
/// hash would add nothing.
pub fn hash_secret(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// A key for the successor of one refresh token.
pub fn new_successor_key() -> [u8; 32] {
    rand::random()
}

/// The successor of a refresh token: its HMAC-SHA-256 in base64url, as long and as hard to guess as any
/// other secret. Whoever has only the token or only the key cannot make it.
pub fn successor(refresh_token: &str, key: &[u8]) -> Result<String> {
    let key = EncodingKey::from_secret(key);
    jsonwebtoken::crypto::sign(refresh_token.as_bytes(), &key, Algorithm::HS256)
        .map_err(Error::internal)
}
