//! A scene: what never changes of a conversation, for doors that print its messages.

use super::kind;
use crate::{Caller, Chat, Error, Result, error::shared};
use model::{ConversationId, ConversationKind, UserId};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// Of a direct conversation its two people, the smaller id first.
    pub pair: Option<(UserId, UserId)>,
    pub created_by: UserId,
}

impl Scene {
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
    pub async fn scene(&self, id: ConversationId) -> Result<Arc<Scene>> {
        let scenes = &self.0.scenes;
        scenes
            .try_get_with(id, self.find_scene(id))
            .await
            .map_err(shared)
    }

    /// The scene of a conversation that the caller is a member of.
    pub async fn joined(&self, caller: &Caller, id: ConversationId) -> Result<Arc<Scene>> {
        self.require_member(caller, id).await?;
        self.scene(id).await
    }

    async fn find_scene(&self, id: ConversationId) -> Result<Arc<Scene>> {
        let row = sqlx::query!(
            "select kind, low_user_id, high_user_id, created_by from conversations where id = $1",
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("conversation"))?;
        let pair = row.low_user_id.zip(row.high_user_id);
        Ok(Arc::new(Scene {
            id,
            kind: kind(&row.kind),
            pair: pair.map(|(low, high)| (UserId(low), UserId(high))),
            created_by: UserId(row.created_by),
        }))
    }
}
