//! Cache of user cards.

use crate::apps::external_id::ExternalId;
use model::{AppId, UserId, UserRole};
use moka::future::Cache;
use std::{sync::Arc, time::Duration};

/// A node that changes a user tells the others to drop the entry. This bounds how long a node that
/// missed it serves the old one.
const CACHE_TTL: Duration = Duration::from_mins(1);

/// Users in the cache; beyond it moka evicts the least used.
const MAX_CACHED: u64 = 100_000;

pub type UserCardCache = Cache<UserId, Arc<UserCard>>;

pub fn user_card_cache() -> UserCardCache {
    Cache::builder()
        .max_capacity(MAX_CACHED)
        .time_to_live(CACHE_TTL)
        .build()
}

/// A user as contracts show the sender of a message, with the e-mail address and the ids in apps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCard {
    pub id: UserId,
    pub username: String,
    pub name: String,
    pub email: Option<String>,
    /// Whether everybody may see the address.
    pub shares_email: bool,
    pub avatar_url: Option<String>,
    pub role: UserRole,
    pub is_bot: bool,
    /// The user's ids in the apps that have one.
    pub external_ids: Box<[(AppId, ExternalId)]>,
}

impl UserCard {
    /// The user's id in an app.
    pub fn external_id(&self, app_id: AppId) -> Option<&ExternalId> {
        let mut ids = self.external_ids.iter();
        ids.find(|(app, _)| *app == app_id).map(|(_, id)| id)
    }
}
