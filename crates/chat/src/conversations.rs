//! Conversations: finding, creating, changing and deleting them.

mod access;
mod addable_by;
mod create;
mod direct;
mod find;
mod kind;
mod lock;
mod meta;
mod named_after_members;

pub(crate) use addable_by::require_addable;
pub use create::CreatedConversation;
pub(crate) use create::MAX_MEMBERS_PER_REQUEST;
pub use direct::DirectUnread;
use kind::check_description;
pub(crate) use kind::{kind_text, parse_kind};
pub(crate) use lock::{LockedRow, ONLY_ADMINISTRATORS, lock, lock_for_server};
pub use meta::ConversationMeta;
pub(crate) use meta::{MetaCache, meta_cache};

use crate::{Caller, Chat, Delivery, Error, Result, audit::NewEntry, text};
use model::{
    AuditAction, Conversation, ConversationChanges, ConversationId, ConversationKind,
    ConversationSummary, Event, MemberRole,
};
use sqlx::{PgConnection, types::Json};

impl Chat {
    /// Changes title, description or visibility; absent fields stay as they are. Owners and admins
    /// only.
    pub async fn update_conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
        changes: ConversationChanges,
    ) -> Result<ConversationSummary> {
        self.with_conversation_lock(id, caller, async move |chat, caller| {
            let mut tx = chat.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            if locked.role < MemberRole::Admin {
                return Err(Error::Forbidden("Only owners and admins may change it."));
            }
            let told = &chat.0.limits.told;
            told.take_change(caller.user_id, locked.member_count)?;
            let title = changes.title.as_deref().map(text::title).transpose()?;
            let description = changes.description.as_deref();
            let description = description.map(text::description).transpose()?;
            check_description(locked.kind, description.as_deref())?;
            let seq = sqlx::query_scalar!(
                "update conversations set title = coalesce($2, title),
                    named_after_members = named_after_members and $2::text is null,
                    description = case when $3::text is null then description
                        else nullif($3, '') end,
                    private = coalesce($4, private), seq = seq + 1, changed_seq = seq + 1
                where id = $1 returning seq",
                id.0,
                title,
                description,
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
            NewEntry::by(&caller, AuditAction::ConversationChanged)
                .in_conversation(id)
                .with("changed", changed_fields(&changes))
                .write(&mut *tx)
                .await?;
            tx.commit().await?;
            let event = Event::ConversationUpdated { conversation_id: id, seq, conversation };
            chat.0.bus.publish(Delivery::to_conversation(id, event));
            chat.conversation(&caller, id).await
        })
        .await
    }

    /// Deletes the conversation with its messages and files. Nobody gets these any more; their bytes are deleted
    /// behind it, or by the sweep where the process ends before. Owners only; `Forbidden` for a direct
    /// conversation, which belongs to both users.
    pub async fn delete_conversation(&self, caller: &Caller, id: ConversationId) -> Result<()> {
        self.with_conversation_lock(id, caller, async move |chat, caller| {
            let mut tx = chat.begin().await?;
            let locked = lock(&mut tx, &caller, id).await?;
            if locked.kind == ConversationKind::Direct {
                return Err(Error::Forbidden("A direct conversation can't be deleted."));
            }
            if locked.role < MemberRole::Owner {
                return Err(Error::Forbidden("Only an owner may delete it."));
            }
            let told = &chat.0.limits.told;
            told.take_change(caller.user_id, locked.member_count)?;
            let uploads = expire_uploads(&mut tx, id).await?;
            sqlx::query!("delete from conversations where id = $1", id.0)
                .execute(&mut *tx)
                .await?;
            NewEntry::by(&caller, AuditAction::ConversationDeleted)
                .in_conversation(id)
                .with("kind", kind_text(locked.kind))
                .with("members", locked.member_count)
                .write(&mut *tx)
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
            chat.0.bus.publish_all(vec![removed, close]);
            // A conversation may have very many files.
            let releasing = chat.clone();
            tokio::spawn(async move { releasing.release_uploads(uploads).await });
            Ok(())
        })
        .await
    }
}

/// What a change is about, without what it says.
fn changed_fields(changes: &ConversationChanges) -> String {
    let fields = [
        ("title", changes.title.is_some()),
        ("description", changes.description.is_some()),
        ("private", changes.private.is_some()),
    ];
    let given = fields.iter().filter(|(_, is_there)| *is_there);
    given.map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

/// Ends the time of the uploads of a conversation that is being deleted, which those without another message are then
/// deleted by; returns their ids.
async fn expire_uploads(tx: &mut PgConnection, id: ConversationId) -> Result<Vec<i64>> {
    let ids = sqlx::query_scalar!(
        "update uploads set expires_at = now() where id in (
            select upload_id from attachments where conversation_id = $1 and upload_id is not null
        ) returning id",
        id.0
    )
    .fetch_all(tx)
    .await?;
    Ok(ids)
}
