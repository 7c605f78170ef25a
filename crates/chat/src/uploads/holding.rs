//! Uploads that are kept for a scheduled message or a draft, and not swept meanwhile.

use super::attaching::NOT_READY;
use crate::{
    Caller, Chat, Error, Result,
    error::{OnConstraint, violated},
    messages::MAX_ATTACHMENTS,
};
use model::{UploadId, UserId};
use sqlx::PgConnection;

impl Chat {
    /// Makes those of these uploads of the caller's ready whose bytes are all there, before a transaction that
    /// requires it.
    pub(crate) async fn make_ready(&self, caller: &Caller, ids: &[UploadId]) -> Result<()> {
        require_each_once(ids)?;
        if !ids.is_empty() {
            self.ready_uploads(caller, ids).await?;
        }
        Ok(())
    }
}

/// At most 10, each once.
pub(crate) fn require_each_once(ids: &[UploadId]) -> Result<()> {
    if ids.len() > MAX_ATTACHMENTS {
        return Err(Error::invalid("attachmentIds", "must be at most 10"));
    }
    let mut sorted = ids.to_vec();
    sorted.sort_unstable_by_key(|id| id.0);
    sorted.dedup();
    if sorted.len() < ids.len() {
        return Err(Error::invalid("attachmentIds", NOT_READY));
    }
    Ok(())
}

/// Lets a scheduled message have these uploads and no others. The others are released for a day.
///
/// # Errors
/// `Invalid` for what is no upload of the user's, is not ready, or is of another message, sent or scheduled.
pub(crate) async fn hold_for_scheduled(
    tx: &mut PgConnection,
    user_id: UserId,
    scheduled_id: i64,
    ids: &[UploadId],
) -> Result<()> {
    sqlx::query!(
        "delete from scheduled_uploads where scheduled_id = $1",
        scheduled_id
    )
    .execute(&mut *tx)
    .await?;
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    // A send and a deletion wait for these locks, and then look who has the uploads.
    let mut locked = sqlx::query_scalar!(
        "select id from uploads where id = any($1) and user_id = $2 and kind is not null
        order by id for update",
        &ids,
        user_id.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let attached = sqlx::query_scalar!(
        r#"select upload_id as "upload_id!" from attachments where upload_id = any($1)"#,
        &ids
    )
    .fetch_all(&mut *tx)
    .await?;
    locked.retain(|id| !attached.contains(id));
    if locked.len() < ids.len() {
        return Err(Error::invalid("attachmentIds", NOT_READY));
    }
    sqlx::query!(
        "insert into scheduled_uploads (scheduled_id, position, upload_id)
        select $1, f.position, f.id from unnest($2::bigint[]) with ordinality f(id, position)",
        scheduled_id,
        &ids
    )
    .execute(tx)
    .await
    .on_constraint("scheduled_uploads_upload_id_key", || {
        violated("attachments_upload_scheduled")
    })?;
    Ok(())
}
