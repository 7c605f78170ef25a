//! The files of drafts: uploads of the user's that no message has, ready or on their way, which a draft keeps from being
//! swept.

use super::stored::{load, thread_key};
use crate::{Caller, Chat, Error, Result, error::OnConstraint, personal::next_seq};
use model::{ConversationId, DraftChange, MessageId, PersonalEvent, UploadId, UserId};
use sqlx::PgConnection;

const NOT_FREE: &str = "must be uploads of yours that no message has, sent or scheduled";

/// Lets a draft have the uploads of a change and no others, which are released for a day. Those that it had are not
/// looked at again: what was sent meanwhile can be sent once more.
///
/// # Errors
/// `Invalid` for what is no upload of the user's, or of another message, sent or scheduled.
pub async fn hold(
    tx: &mut PgConnection,
    user_id: UserId,
    id: ConversationId,
    change: &DraftChange,
    had: &[i64],
) -> Result<()> {
    let ids: Vec<_> = change.attachment_ids.iter().map(|it| it.0).collect();
    if ids == had {
        return Ok(());
    }
    let new: Vec<_> = ids.iter().filter(|id| !had.contains(id)).copied().collect();
    let free = sqlx::query_scalar!(
        r#"select count(*) as "count!" from uploads u where u.id = any($1) and u.user_id = $2
            and not exists (select from attachments a where a.upload_id = u.id)
            and not exists (select from scheduled_uploads s where s.upload_id = u.id)"#,
        &new,
        user_id.0
    )
    .fetch_one(&mut *tx)
    .await?;
    let is_refused = || Error::invalid("attachmentIds", NOT_FREE);
    if usize::try_from(free).unwrap_or_default() < new.len() {
        return Err(is_refused());
    }
    sqlx::query!(
        "delete from draft_uploads
        where user_id = $1 and conversation_id = $2 and thread_id = $3",
        user_id.0,
        id.0,
        thread_key(change.thread_id)
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into draft_uploads (user_id, conversation_id, thread_id, position, upload_id)
        select $1, $2, $3, f.position, f.id
        from unnest($4::bigint[]) with ordinality f(id, position)",
        user_id.0,
        id.0,
        thread_key(change.thread_id),
        &ids
    )
    .execute(tx)
    .await
    .on_constraint("draft_uploads_upload_fkey", is_refused)?;
    Ok(())
}

impl Chat {
    /// Takes an upload of the caller's out of their drafts, before it is deleted.
    pub(crate) async fn take_from_drafts(&self, caller: &Caller, upload: UploadId) -> Result<()> {
        let mut tx = self.begin().await?;
        let places = sqlx::query!(
            "select conversation_id, thread_id from draft_uploads
            where upload_id = $1 and user_id = $2",
            upload.0,
            caller.user_id.0
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut changed = Vec::new();
        for place in places {
            let seq = next_seq(&mut tx, caller.user_id).await?;
            sqlx::query!(
                "delete from draft_uploads where user_id = $1 and conversation_id = $2
                    and thread_id = $3 and upload_id = $4",
                caller.user_id.0,
                place.conversation_id,
                place.thread_id,
                upload.0
            )
            .execute(&mut *tx)
            .await?;
            sqlx::query!(
                "update drafts set seq = $4, updated_at = clock_timestamp()
                where user_id = $1 and conversation_id = $2 and thread_id = $3",
                caller.user_id.0,
                place.conversation_id,
                place.thread_id,
                seq
            )
            .execute(&mut *tx)
            .await?;
            let thread_id = (place.thread_id != 0).then_some(MessageId(place.thread_id));
            let id = ConversationId(place.conversation_id);
            changed.extend(load(&mut tx, caller.user_id, id, thread_id).await?);
        }
        tx.commit().await?;
        for stored in changed {
            let draft = stored.into_draft();
            self.publish_personal(caller.user_id, PersonalEvent::Draft { draft });
        }
        Ok(())
    }
}
