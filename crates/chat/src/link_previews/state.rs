//! What a node holds for link previews: messages that wait, limits, and the client that fetches pages.

use super::{lookups::Lookups, reach::Reach, settings::LinkPreviewSettings, tls::Tls};
use crate::{error::Result, rate_limit::token_buckets::TokenBuckets};
use model::{Message, MessageKind, UserId};
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// Messages that wait to be written down. The links of further ones are not previewed.
const MAX_PENDING: usize = 10_000;

/// Pages that a node fetches for one user at once, and the time until there is one more. Messages wait beyond that,
/// and then have no preview of it.
const PAGES_BURST: NonZeroU32 = NonZeroU32::new(30).expect("above zero");
const PAGES_REFILL: Duration = Duration::from_secs(6);

/// Requests of a node to one name of a host at once, redirects and pictures among them, and the time until there is one
/// more: the same.
const REQUESTS_BURST: NonZeroU32 = NonZeroU32::new(20).expect("above zero");
const REQUESTS_REFILL: Duration = Duration::from_secs(1);

pub struct LinkPreviews {
    pub enabled: bool,
    pub reach: Reach,
    pending: Mutex<HashSet<i64>>,
    changed: Notify,
    limits: Option<Limits>,
    pub(super) lookups: Lookups,
    pub tls: Tls,
}

struct Limits {
    pages: TokenBuckets<UserId>,
    /// By the hash of the host's name.
    requests: TokenBuckets<u64>,
}

impl LinkPreviews {
    /// `is_limited`: as `RateLimits::volume`.
    pub fn new(settings: LinkPreviewSettings, is_limited: bool) -> Self {
        let pages = || TokenBuckets::with_refill("links", PAGES_BURST, PAGES_REFILL);
        let requests =
            || TokenBuckets::with_refill("links to one host", REQUESTS_BURST, REQUESTS_REFILL);
        Self {
            enabled: settings.enabled,
            reach: settings.reach,
            pending: Mutex::default(),
            changed: Notify::new(),
            limits: is_limited.then(|| Limits {
                pages: pages(),
                requests: requests(),
            }),
            lookups: Lookups::default(),
            tls: Tls::default(),
        }
    }

    /// Notes a message that was written or edited, if it may have links. Never waits.
    pub fn note(&self, message: &Message) {
        let is_said = message.kind != MessageKind::System && message.deleted_at.is_none();
        if self.enabled && is_said && message.body.contains("://") {
            self.note_all([message.id.0]);
        }
    }

    pub fn note_all(&self, ids: impl IntoIterator<Item = i64>) {
        let mut pending = self.lock();
        for id in ids {
            if pending.len() < MAX_PENDING {
                pending.insert(id);
            }
        }
        drop(pending);
        self.changed.notify_one();
    }

    /// Takes all that were noted.
    pub fn take_noted(&self) -> Vec<i64> {
        std::mem::take(&mut *self.lock()).into_iter().collect()
    }

    /// Ends after the next `note`, or at once after one that nobody has waited for.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Counts a page that is fetched for a user.
    ///
    /// # Errors
    /// `TooManyRequests` when there were too many.
    pub fn count_page(&self, user_id: UserId) -> Result<()> {
        match &self.limits {
            Some(limits) => limits.pages.take(user_id, Instant::now()),
            None => Ok(()),
        }
    }

    /// Counts a request to a host, whoever it is for. Each node counts for itself.
    ///
    /// # Errors
    /// `TooManyRequests` when there were too many.
    pub fn count_request(&self, host: &str) -> Result<()> {
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        let mut hasher = DefaultHasher::new();
        host.hash(&mut hasher);
        limits.requests.take(hasher.finish(), Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{LinkPreviewSettings, LinkPreviews};
    use model::UserId;

    #[tokio::test]
    async fn users_and_hosts_have_limits() {
        let previews = LinkPreviews::new(LinkPreviewSettings::default(), true);
        for _ in 0..30 {
            previews.count_page(UserId(1)).unwrap();
        }
        assert!(previews.count_page(UserId(1)).is_err());
        assert!(previews.count_page(UserId(2)).is_ok());
        for _ in 0..20 {
            previews.count_request("a.org").unwrap();
        }
        assert!(previews.count_request("a.org").is_err());
        assert!(previews.count_request("b.org").is_ok());
    }

    #[tokio::test]
    async fn what_is_noted_is_taken_once() {
        let previews = LinkPreviews::new(LinkPreviewSettings::default(), false);
        previews.note_all([1, 2, 1]);
        previews.changed().await;
        let mut taken = previews.take_noted();
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
        assert!(previews.take_noted().is_empty());
    }
}
