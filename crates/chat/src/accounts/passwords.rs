//! Passwords: hashed with Argon2id on threads of their own, one for two cores.

use super::hash_queue::{Bearer, HashQueue};
use crate::{Error, Result, text, thread_priority};
use argon2::{
    Argon2, Params,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use std::{
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, LazyLock},
    thread,
};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// Accounts that are looked for at a time, so that those who sign in leave connections to the database to
/// those who chat.
const MAX_LOOKUPS: usize = 4;

static LOOKUPS: Semaphore = Semaphore::const_new(MAX_LOOKUPS);

/// One thread for two cores: a hash occupies a core and 19 MiB, the default of the crate `argon2`, and
/// those who guess shall not occupy all.
static HASH_THREADS: LazyLock<Arc<HashQueue>> = LazyLock::new(start_threads);

/// The hash that is verified for an unknown account, so that the response time does not reveal
/// whether the account exists.
static DUMMY_HASH: LazyLock<Option<String>> =
    LazyLock::new(|| hash_now("nobody has this password").ok());

/// Bytes of the longest password that is hashed: 256 characters.
const MAX_PASSWORD_BYTES: usize = 1024;

/// Waits until the account of a sign-in may be looked for, which ends when the permit is dropped.
pub async fn begin_lookup() -> Result<SemaphorePermit<'static>> {
    LOOKUPS.acquire().await.map_err(Error::internal)
}

/// # Errors
/// `TooManyRequests` when too many wait.
pub async fn hash(password: String, bearer: Bearer) -> Result<String> {
    run_blocking(bearer, move || hash_now(&text::password(&password))).await
}

/// What has come of a password.
#[derive(Debug)]
pub struct Verified {
    pub is_right: bool,
    /// The hash that the right password would get today, if that costs more to guess than the one it has.
    pub stronger_hash: Option<String>,
}

impl Verified {
    const WRONG: Self = Self {
        is_right: false,
        stronger_hash: None,
    };
}

/// Returns whether the password has this hash; it is wrong for an account without a hash. A password with
/// letters outside ASCII may have been hashed before passwords were prepared, and is tried in up to three
/// forms then.
///
/// # Errors
/// `TooManyRequests` when too many wait.
pub async fn verify(password: String, hash: Option<String>, bearer: Bearer) -> Result<Verified> {
    // Nobody has a longer one.
    if password.len() > MAX_PASSWORD_BYTES {
        return Ok(Verified::WRONG);
    }
    run_blocking(bearer, move || {
        let known = hash.is_some();
        let Some(hash) = hash.as_deref().or(DUMMY_HASH.as_deref()) else {
            return Ok(Verified::WRONG);
        };
        let hash = PasswordHash::new(hash).map_err(|e| Error::internal(e.to_string()))?;
        let has_hash = |password: &String| {
            let verified = Argon2::default().verify_password(password.as_bytes(), &hash);
            verified.is_ok()
        };
        let is_right = has_hash(&text::password(&password))
            || text::other_spellings(&password).iter().any(has_hash);
        if !(is_right && known) {
            return Ok(Verified::WRONG);
        }
        let stronger_hash = is_weak(&hash).then(|| hash_now(&text::password(&password)));
        Ok(Verified {
            is_right,
            stronger_hash: stronger_hash.transpose()?,
        })
    })
    .await
}

/// Whether a hash was made with less memory or fewer passes than one that is made now.
fn is_weak(hash: &PasswordHash<'_>) -> bool {
    Params::try_from(hash).is_ok_and(|of_hash| {
        let now = Params::default();
        of_hash.m_cost() < now.m_cost() || of_hash.t_cost() < now.t_cost()
    })
}

fn hash_now(password: &str) -> Result<String> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>())
        .map_err(|e| Error::internal(e.to_string()))?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    Ok(hash
        .map_err(|e| Error::internal(e.to_string()))?
        .to_string())
}

/// Runs the work on a thread of low priority: whoever chats goes first.
async fn run_blocking<T: Send + 'static>(
    bearer: Bearer,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    let work = Box::new(move || {
        // Nobody waits any more for what a client has given up on.
        if !answer.is_closed() {
            let _ = answer.send(work());
        }
    });
    HASH_THREADS.push(bearer, work)?;
    answered.await.map_err(Error::internal)?
}

fn start_threads() -> Arc<HashQueue> {
    let cores = thread::available_parallelism().map_or(2, NonZero::get);
    let threads = cores.div_ceil(2);
    let queue = Arc::new(HashQueue::new(u32::try_from(threads).unwrap_or(u32::MAX)));
    for _ in 0..threads {
        let queue = Arc::clone(&queue);
        let thread = thread::Builder::new().name("password".to_owned());
        let started = thread.spawn(move || {
            thread_priority::lower();
            // A panic ends the answer's channel, and not the thread.
            queue.work(|work| drop(catch_unwind(AssertUnwindSafe(work))));
        });
        if let Err(error) = started {
            tracing::error!(%error, "a thread for passwords could not be started");
        }
    }
    queue
}
