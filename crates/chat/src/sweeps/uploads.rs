//! Uploads that no message, scheduled message or draft has 24 hours after their last byte came or one was to have
//! them: those that were not finished, not sent, or whose conversation is gone. And the bytes of those that were deleted.

use super::part::{Cursor, Part};
use crate::{Chat, Result};
use model::UploadId;
use sqlx::PgConnection;

/// Uploads that one part looks at.
const MAX_UPLOADS: i64 = 200;

/// Each is deleted in a transaction of its own. One that cannot be deleted is left for the next day.
pub async fn sweep(chat: &Chat, tx: &mut PgConnection, after: Cursor) -> Result<Part> {
    let uploads = sqlx::query!(
        r#"select id, expires_at < now()
            and not exists (select from attachments a where a.upload_id = u.id)
            and not exists (select from held_uploads h where h.upload_id = u.id) as "is_expired!"
        from (select id, expires_at from uploads where id > $1 order by id limit $2) u
        order by id"#,
        after.id,
        MAX_UPLOADS
    )
    .fetch_all(tx)
    .await?;
    let mut deleted = 0;
    for upload in uploads.iter().filter(|it| it.is_expired) {
        match chat.release_expired_upload(UploadId(upload.id)).await {
            Ok(is_deleted) => deleted += u64::from(is_deleted),
            Err(error) => tracing::warn!(%error, "a file is deleted later"),
        }
    }
    let ids: Vec<_> = uploads.iter().map(|it| it.id).collect();
    Ok(part(&ids, deleted))
}

/// Bytes that whoever deleted their upload could not remove. What the file store does not remove now, as when it does not
/// answer, is left for the next day.
pub async fn sweep_bytes(chat: &Chat, tx: &mut PgConnection, after: Cursor) -> Result<Part> {
    let ids = sqlx::query_scalar!(
        "select upload_id from removed_uploads where upload_id > $1 order by upload_id limit $2",
        after.id,
        MAX_UPLOADS
    )
    .fetch_all(tx)
    .await?;
    let mut deleted = 0;
    for id in &ids {
        match chat.remove_bytes(UploadId(*id)).await {
            Ok(()) => deleted += 1,
            Err(error) => tracing::warn!(%error, "the bytes of a file are removed later"),
        }
    }
    Ok(part(&ids, deleted))
}

fn part(ids: &[i64], deleted: u64) -> Part {
    let is_last = i64::try_from(ids.len()).unwrap_or(MAX_UPLOADS) < MAX_UPLOADS;
    let last = ids.last().filter(|_| !is_last);
    Part {
        deleted,
        next: last.map(|id| Cursor {
            id: *id,
            user_id: 0,
        }),
    }
}
