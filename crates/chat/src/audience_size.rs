//! The number of people whom a change of a conversation is told to, cached: a rate limit needs no more than
//! about how many.

pub(crate) mod cache;

use crate::{Chat, Result};
use model::ConversationId;
use std::collections::BTreeMap;

impl Chat {
    /// The members of a conversation, as of a minute ago at the latest; 0 of the announcements, which have no
    /// rows of members, and of what does not exist. Checks no membership.
    pub(crate) async fn audience_size(&self, id: ConversationId) -> Result<i64> {
        let sizes = self.audience_sizes(&[id]).await?;
        Ok(sizes.get(&id).copied().unwrap_or_default())
    }

    /// The same of several conversations.
    pub(crate) async fn audience_sizes(
        &self,
        ids: &[ConversationId],
    ) -> Result<BTreeMap<ConversationId, i64>> {
        let cached = &self.0.audience_sizes;
        let mut sizes = BTreeMap::new();
        let mut missing = Vec::new();
        for id in ids {
            match cached.get(id).await {
                Some(size) => drop(sizes.insert(*id, size)),
                None => missing.push(id.0),
            }
        }
        if missing.is_empty() {
            return Ok(sizes);
        }
        let rows = sqlx::query!(
            "select id, member_count from conversations where id = any($1)",
            &missing
        )
        .fetch_all(&self.0.db)
        .await?;
        for row in rows {
            let id = ConversationId(row.id);
            cached.insert(id, row.member_count).await;
            sizes.insert(id, row.member_count);
        }
        Ok(sizes)
    }
}
