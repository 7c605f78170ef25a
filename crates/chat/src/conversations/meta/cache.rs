//! Cache of conversation metadata.

use model::{ConversationId, ConversationKind, UserId};
use moka::future::Cache;
use std::sync::Arc;

/// Conversations in the cache; beyond it moka evicts the least used.
const MAX_CACHED: u64 = 100_000;

pub(crate) type MetaCache = Cache<ConversationId, Arc<ConversationMeta>>;

/// Entries never expire: what they hold never changes.
pub(crate) fn meta_cache() -> MetaCache {
    Cache::new(MAX_CACHED)
}

/// The part of a conversation that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConversationMeta {
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// None for the announcements.
    pub created_by: Option<UserId>,
    /// The two users of a direct conversation, the smaller id first.
    pub pair: Option<(UserId, UserId)>,
}

impl ConversationMeta {
    /// The other user of a direct conversation; the same user in a conversation with oneself.
    pub fn other(&self, user_id: UserId) -> Option<UserId> {
        self.pair.and_then(|(low, high)| match user_id {
            id if id == low => Some(high),
            id if id == high => Some(low),
            _ => None,
        })
    }
}
