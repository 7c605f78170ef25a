//! `AudienceSizes`: the cache of the numbers of members.

use model::ConversationId;
use moka::future::Cache;
use std::time::Duration;

/// Time after which a size is read again.
const SIZE_LIFETIME: Duration = Duration::from_mins(1);

/// Conversations whose size is remembered; about 100 bytes each.
const MAX_SIZES: u64 = 50_000;

pub(crate) type AudienceSizes = Cache<ConversationId, i64>;

pub(crate) fn audience_sizes() -> AudienceSizes {
    let sizes = Cache::builder().max_capacity(MAX_SIZES);
    sizes.time_to_live(SIZE_LIFETIME).build()
}
