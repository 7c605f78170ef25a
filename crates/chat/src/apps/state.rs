//! What a node remembers of apps: their ids, and the users behind external ids.

use super::external_id::ExternalId;
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
    pub users: Cache<(AppId, ExternalId), UserId>,
}

impl Default for Apps {
    fn default() -> Self {
        Self {
            ids: Cache::new(MAX_APPS),
            users: Cache::builder()
                .max_capacity(MAX_CACHED)
                .time_to_live(CACHE_TTL)
                .build(),
        }
    }
}
