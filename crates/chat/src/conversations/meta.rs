//! A meta: what never changes of a conversation, for doors that print its messages.

use super::kind;
use crate::{Chat, Error, Result, error::shared};
use model::{ConversationId, ConversationKind, UserId};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConversationMeta {
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub created_by: UserId,
    /// Of a direct conversation its two people, the smaller id first.
    pub pair: Option<(UserId, UserId)>,
}

impl ConversationMeta {
    /// Of a direct conversation the other person; oneself where one talks to oneself.
    pub fn other(&self, user_id: UserId) -> Option<UserId> {
        self.pair.and_then(|(low, high)| match user_id {
            id if id == low => Some(high),
            id if id == high => Some(low),
            _ => None,
        })
    }
}

impl Chat {
    /// Asks for no membership: it is for whoever has decided already who may hear.
    pub async fn conversation_meta(&self, id: ConversationId) -> Result<Arc<ConversationMeta>> {
        let scenes = &self.0.scenes;
        scenes
            .try_get_with(id, self.find_scene(id))
            .await
            .map_err(shared)
    }

    async fn find_scene(&self, id: ConversationId) -> Result<Arc<ConversationMeta>> {
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
            kind: kind(&row.kind),
            created_by: UserId(row.created_by),
            pair: pair.map(|(low, high)| (UserId(low), UserId(high))),
        }))
    }
}
