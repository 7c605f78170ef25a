//! What a node remembers of apps: their ids, and the users behind external ids.

use super::{config::UnknownUsers, external_id::ExternalId};
use model::{AppId, UserId};
use moka::future::Cache;
use std::time::Duration;

/// A change of a link by another node takes effect here within this time.
const CACHE_TTL: Duration = Duration::from_mins(1);

/// Users in the cache; beyond it moka evicts the least used.
const MAX_CACHED: u64 = 100_000;

/// Apps are never renamed or removed, so an entry never expires.
const MAX_APPS: u64 = 1_000;

pub struct Apps {
    /// By the name in the configuration and the issuer of the token.
    pub ids: Cache<(String, String), AppId>,
    pub names: Cache<String, AppId>,
    pub users: Cache<(AppId, ExternalId), UserId>,
    /// The setting of the app's configuration.
    pub unknown_users: Cache<AppId, UnknownUsers>,
}

impl Default for Apps {
    fn default() -> Self {
        Self {
            ids: Cache::new(MAX_APPS),
            names: Cache::new(MAX_APPS),
            users: Cache::builder()
                .max_capacity(MAX_CACHED)
                .time_to_live(CACHE_TTL)
                .support_invalidation_closures()
                .build(),
            unknown_users: Cache::new(MAX_APPS),
        }
    }
}

impl Apps {
    /// Forgets the ids of a user, because one of them may be another user's now.
    pub fn forget_user(&self, user_id: UserId) {
        let is_of_user = move |_: &_, known: &UserId| *known == user_id;
        if let Err(error) = self.users.invalidate_entries_if(is_of_user) {
            tracing::error!(%error, "the ids of a user stay cached for a minute");
        }
    }
}
