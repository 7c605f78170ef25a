//! Passwords: hashed with Argon2id on blocking threads, as many at a time as there are cores.

use crate::{Error, Result, text};
use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// One permit per core: a hash occupies a core and 19 MiB, the default of the crate `argon2`.
static HASH_PERMITS: LazyLock<Semaphore> = LazyLock::new(|| {
    Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get))
});

/// The hash that is verified for an unknown account, so that the response time does not reveal
/// whether the account exists.
static DUMMY_HASH: LazyLock<Option<String>> =
    LazyLock::new(|| hash_now("nobody has this password").ok());

pub async fn hash(password: String) -> Result<String> {
    run_blocking(move || hash_now(&text::password(&password))).await
}

/// Returns whether the password has this hash; `false` for an account without a hash. A password with
/// letters outside ASCII may have been hashed before passwords were prepared, and is tried in up to three
/// forms then.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    run_blocking(move || {
        let known = hash.is_some();
        let Some(hash) = hash.as_deref().or(DUMMY_HASH.as_deref()) else {
            return Ok(false);
        };
        let hash = PasswordHash::new(hash).map_err(|e| Error::internal(e.to_string()))?;
        let has_hash = |password: &String| {
            let verified = Argon2::default().verify_password(password.as_bytes(), &hash);
            verified.is_ok()
        };
        let is_right = has_hash(&text::password(&password))
            || text::other_spellings(&password).iter().any(has_hash);
        Ok(is_right && known)
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

async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let _permit = HASH_PERMITS.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)?
}
