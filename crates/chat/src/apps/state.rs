//! What a node remembers of apps: their ids, the users behind external ids, and which numbers to look up.

use super::{config::UnknownUsers, external_id::ExternalId};
use model::{AppId, UserId};
use moka::future::Cache;
use std::time::Duration;

/// A change of a link by another node takes effect here within this time.
const CACHE_TTL: Duration = Duration::from_mins(1);

/// Users in the cache; beyond it moka evicts the least used.
const MAX_CACHED: u64 = 100_000;

/// Apps are never removed, and renamed only before the app whose name they had is first used, so an entry
/// never expires.
const MAX_APPS: u64 = 1_000;

pub struct Apps {
    /// By the name in the configuration and the issuer of the token.
    pub ids: Cache<(String, String), AppId>,
    pub names: Cache<String, AppId>,
    pub users: Cache<(AppId, ExternalId), UserId>,
    pub moved: Cache<AppId, MovedNumbers>,
    /// The setting of the app's configuration.
    pub unknown_users: Cache<AppId, UnknownUsers>,
}

/// The largest numbers of an app that imported rows could not keep, because a row of ours had them; 0 if
/// there are none. Numbers above are never old ids of the app, unless the row has kept them as ours.
#[derive(Clone, Copy, Debug, Default)]
pub struct MovedNumbers {
    pub conversation: i64,
    pub message: i64,
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
            moved: Cache::builder()
                .max_capacity(MAX_APPS)
                .time_to_live(CACHE_TTL)
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
