//! Passwords: hashed with Argon2id, off the async threads, a few at a time.

use crate::{Error, Result};
use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// A hash takes 19 MiB and a core for a moment: as many at once as there are cores.
static HASHING: LazyLock<Semaphore> = LazyLock::new(|| {
    Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get))
});

/// Compared with when there is no such account, so that the time does not tell.
static NOBODY: LazyLock<Option<String>> =
    LazyLock::new(|| hash_now("nobody has this password").ok());

pub async fn hash(password: String) -> Result<String> {
    off_thread(move || hash_now(&password)).await
}

/// Whether the password is right; never for an account without one.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    off_thread(move || {
        let known = hash.is_some();
        let Some(hash) = hash.as_deref().or(NOBODY.as_deref()) else {
            return Ok(false);
        };
        let hash = PasswordHash::new(hash).map_err(|e| Error::internal(e.to_string()))?;
        Ok(Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
            && known)
    })
    .await
}

fn hash_now(password: &str) -> Result<String> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>())
        .map_err(|e| Error::internal(e.to_string()))?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    Ok(hash
        .map_err(|e| Error::internal(e.to_string()))?
        .to_string())
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let _permit = HASHING.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)?
}
