//! Secrets of sessions: refresh tokens and the values of session cookies.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
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
