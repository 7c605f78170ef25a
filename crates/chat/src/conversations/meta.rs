//! Conversation metadata, cached: what contracts need to render messages and events.

mod cache;

pub use cache::ConversationMeta;
pub(crate) use cache::{MetaCache, meta_cache};

use super::kind::parse_kind;
use crate::{Chat, Error, Result, error::shared};
use model::{ConversationId, UserId};
use std::sync::Arc;

impl Chat {
    /// Checks no membership: callers have decided who the audience is.
    pub async fn conversation_meta(&self, id: ConversationId) -> Result<Arc<ConversationMeta>> {
        let metas = &self.0.metas;
        metas
            .try_get_with(id, self.load_conversation_meta(id))
            .await
            .map_err(shared)
    }

    /// As `conversation_meta`, from the database: a conversation that was deleted stays in the cache.
    pub async fn load_conversation_meta(
        &self,
        id: ConversationId,
    ) -> Result<Arc<ConversationMeta>> {
        let row = sqlx::query!(
            "select kind, created_by, low_user_id, high_user_id from conversations where id = $1",
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("conversation"))?;
        let pair = row.low_user_id.zip(row.high_user_id);
        Ok(Arc::new(ConversationMeta {
            id,
            kind: parse_kind(&row.kind),
            created_by: row.created_by.map(UserId),
            pair: pair.map(|(low, high)| (UserId(low), UserId(high))),
        }))
    }
}
