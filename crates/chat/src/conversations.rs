//! Conversations: found, created, changed and closed.

mod create;
mod direct;
mod find;
mod joined;
mod lock;
mod meta;

pub use create::CreatedConversation;
pub(crate) use create::MOST_AT_ONCE;
pub use direct::DirectUnread;
pub(crate) use lock::{Locked, lock};
pub use meta::ConversationMeta;

use crate::{Caller, Chat, Delivery, Error, Result};
use model::{
    Conversation, ConversationChanges, ConversationId, ConversationKind, ConversationSummary,
    Event, MemberRole,
};
use sqlx::types::Json;

impl Chat {
    /// By an owner or an admin.
    pub async fn update_conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
        changes: ConversationChanges,
    ) -> Result<ConversationSummary> {
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let role = lock(&mut tx, &caller, id).await?.role;
            if role < MemberRole::Admin {
                return Err(Error::Forbidden("Only owners and admins may change it."));
            }
            let (title, description) = (changes.title, changes.description);
            let seq = sqlx::query_scalar!(
                "update conversations set title = coalesce($2, title),
                    description = case when $3::text is null then description
                        else nullif($3, '') end,
                    private = coalesce($4, private), seq = seq + 1, changed_seq = seq + 1
                where id = $1 returning seq",
                id.0,
                title.as_deref().map(str::trim),
                description.as_deref().map(str::trim),
                changes.private
            )
            .fetch_one(&mut *tx)
            .await?;
            let Json(conversation) = sqlx::query_scalar!(
                r#"select json as "json!: Json<Conversation>" from conversation_json where id = $1"#,
                id.0
            )
            .fetch_one(&mut *tx)
            .await?;
            tx.commit().await?;
            let event = Event::ConversationUpdated { conversation_id: id, seq, conversation };
            chat.0.events.publish(Delivery::to_conversation(id, event));
            chat.conversation(&caller, id).await
        })
        .await
    }

    /// By an owner; with all that was said in it. A direct conversation belongs to both, and stays.
    pub async fn delete_conversation(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        self.in_lane(id, caller, async move |chat, caller| {
            let mut tx = chat.0.db.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            if locked.kind == ConversationKind::Direct {
                return Err(Error::Forbidden("A direct conversation can't be deleted."));
            }
            if locked.role < MemberRole::Owner {
                return Err(Error::Forbidden("Only an owner may delete it."));
            }
            sqlx::query!("delete from conversations where id = $1", id.0)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            let event = Event::ConversationRemoved {
                conversation_id: id,
                seq: locked.seq + 1,
            };
            let close = Delivery::CloseConversation {
                conversation_id: id,
            };
            let removed = Delivery::to_conversation(id, event);
            chat.0.events.publish_all(vec![removed, close]);
            Ok(())
        })
        .await
    }

    /// Runs a change of the conversation when its turn comes. See `lanes`.
    pub(crate) async fn in_lane<T, F>(
        &self,
        id: ConversationId,
        caller: &Caller,
        work: impl FnOnce(Self, Caller) -> F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.0.lanes.run(id, work(self.clone(), *caller)).await
    }

    pub(crate) fn head_with_presence(&self, mut head: ConversationSummary) -> ConversationSummary {
        head.peer = head.peer.map(|peer| self.with_presence(peer));
        head
    }
}

pub(crate) fn kind(text: &str) -> ConversationKind {
    match text {
        "direct" => ConversationKind::Direct,
        "channel" => ConversationKind::Channel,
        _ => ConversationKind::Group,
    }
}

pub(crate) fn kind_text(kind: ConversationKind) -> &'static str {
    match kind {
        ConversationKind::Direct => "direct",
        ConversationKind::Group => "group",
        ConversationKind::Channel => "channel",
    }
}

pub(crate) fn role_of(text: &str) -> MemberRole {
    match text {
        "owner" => MemberRole::Owner,
        "admin" => MemberRole::Admin,
        _ => MemberRole::Member,
    }
}
