//! Passwords: hashed with Argon2id on threads of their own, as many as there are cores.

use crate::{Error, Result, text};
use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use std::{
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Sender},
    },
    thread,
    time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// How much nicer the threads of hashes are than the other threads: a tenth of their weight (sched(7)).
#[cfg(target_os = "linux")]
const HASH_NICENESS: i32 = 10;

/// The highest that there is (sched(7)).
#[cfg(target_os = "linux")]
const MAX_NICENESS: i32 = 19;

/// Accounts that are looked for at a time, so that those who sign in leave connections to the database to
/// those who chat.
const MAX_LOOKUPS: usize = 4;

static LOOKUPS: Semaphore = Semaphore::const_new(MAX_LOOKUPS);

type Work = Box<dyn FnOnce() + Send>;

/// One thread per core: a hash occupies a core and 19 MiB, the default of the crate `argon2`.
static HASH_THREADS: LazyLock<Sender<Work>> = LazyLock::new(start_threads);

/// The hash that is verified for an unknown account, so that the response time does not reveal
/// whether the account exists.
static DUMMY_HASH: LazyLock<Option<String>> =
    LazyLock::new(|| hash_now("nobody has this password").ok());

/// Bytes of the longest password that is hashed: 256 characters.
const MAX_PASSWORD_BYTES: usize = 1024;

/// Passwords that may wait to be hashed or verified; those of strangers beyond are refused. Two cores verify about
/// 60 in a second.
const MAX_WAITING: usize = 64;

/// How much a sign-in or a registration may wait for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It is refused while many wait: a stranger's.
    Short,
    /// It waits for its turn.
    Long,
}

/// A password that waits to be hashed or verified, or is.
struct Waiting;

static WAITING: AtomicUsize = AtomicUsize::new(0);

impl Waiting {
    fn begin(patience: Patience) -> Result<Self> {
        let before = WAITING.fetch_add(1, Ordering::Relaxed);
        let waiting = Self;
        if before >= MAX_WAITING && patience == Patience::Short {
            return Err(Error::TooManyRequests {
                retry_after: Duration::from_secs(1),
            });
        }
        Ok(waiting)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits until the account of a sign-in may be looked for, which ends when the permit is dropped.
///
/// # Errors
/// `TooManyRequests` when too many wait, and this browser has not signed in before.
pub async fn begin_lookup(has_device: bool) -> Result<SemaphorePermit<'static>> {
    let patience = if has_device {
        Patience::Long
    } else {
        Patience::Short
    };
    let _waiting = Waiting::begin(patience)?;
    LOOKUPS.acquire().await.map_err(Error::internal)
}

/// # Errors
/// `TooManyRequests` when too many wait, and this one has short patience.
pub async fn hash(password: String, patience: Patience) -> Result<String> {
    let _waiting = Waiting::begin(patience)?;
    run_blocking(move || hash_now(&text::password(&password))).await
}

/// Returns whether the password has this hash; `false` for an account without a hash. A password with
/// letters outside ASCII may have been hashed before passwords were prepared, and is tried in up to three
/// forms then.
///
/// # Errors
/// `TooManyRequests` when too many wait, and this one has short patience.
pub async fn verify(password: String, hash: Option<String>, patience: Patience) -> Result<bool> {
    // Nobody has a longer one.
    if password.len() > MAX_PASSWORD_BYTES {
        return Ok(false);
    }
    let _waiting = Waiting::begin(patience)?;
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

/// Runs the work on a thread of low priority: whoever chats goes first.
async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (answer, answered) = oneshot::channel();
    let work = Box::new(move || {
        let _ = answer.send(work());
    });
    let sent = HASH_THREADS.send(work);
    sent.map_err(|error| Error::internal(error.to_string()))?;
    answered.await.map_err(Error::internal)?
}

fn start_threads() -> Sender<Work> {
    let (sender, receiver) = mpsc::channel::<Work>();
    let receiver = Arc::new(Mutex::new(receiver));
    let cores = thread::available_parallelism().map_or(2, NonZero::get);
    for _ in 0..cores {
        let receiver = Arc::clone(&receiver);
        let thread = thread::Builder::new().name("password".to_owned());
        let started = thread.spawn(move || {
            lower_priority();
            loop {
                let next = receiver
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .recv();
                let Ok(work) = next else {
                    return;
                };
                // A panic ends the answer's channel, and not the thread.
                let _ = catch_unwind(AssertUnwindSafe(work));
            }
        });
        if let Err(error) = started {
            tracing::error!(%error, "a thread for passwords could not be started");
        }
    }
    sender
}

/// Linux has a priority for each thread; elsewhere it stays as it is.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        let thread = Some(rustix::thread::gettid());
        // From where the process is: the operator may have started it with `nice`, and root may go back.
        let lowered = getpriority_process(thread).and_then(|niceness| {
            setpriority_process(thread, (niceness + HASH_NICENESS).min(MAX_NICENESS))
        });
        if let Err(error) = lowered {
            tracing::debug!(%error, "the threads for passwords have the usual priority");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_WAITING, Patience, hash, verify};
    use crate::Error;
    use futures_util::future::join_all;

    #[tokio::test]
    async fn registrations_of_many_networks_do_not_keep_an_owner_waiting() {
        let password = || "correct horse".to_owned();
        let registrations = (0..MAX_WAITING + 20).map(|_| hash(password(), Patience::Short));
        let (registered, owner) = tokio::join!(
            join_all(registrations),
            verify(password(), None, Patience::Long)
        );
        assert!(matches!(owner, Ok(false)), "{owner:?}");
        let is_refused = |it: &_| matches!(it, Err(Error::TooManyRequests { .. }));
        assert_eq!(registered.iter().filter(|it| is_refused(it)).count(), 20);
        assert!(registered.iter().all(|it| it.is_ok() || is_refused(it)));
    }
}
