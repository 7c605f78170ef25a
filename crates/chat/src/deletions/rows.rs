//! Rows that are only the user's own, and files that no message has.

use super::taken::{PER_READ, Taken};
use crate::{Chat, Result};
use model::UploadId;

/// What only the user knows, what they are mentioned by, when they have read, and votes that nobody may know.
pub async fn erase_rows(chat: &Chat, taken: Taken) -> Result<()> {
    let id = taken.user_id.0;
    let mut tx = chat.begin().await?;
    // With the files of both, which are erased with the uploads.
    sqlx::query!("delete from drafts where user_id = $1", id)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from scheduled_messages where user_id = $1", id)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from reminders where user_id = $1", id)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from mutes where user_id = $1", id)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from favorites where user_id = $1", id)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from saved_messages where user_id = $1", id)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from thread_followers where user_id = $1", id)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from data_exports where user_id = $1", id)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from personal_sequences where user_id = $1", id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    // One statement each: there may be many. The trigger of `poll_votes` counts them out, which is told.
    sqlx::query!(
        "delete from poll_votes v using polls p
        where v.user_id = $1 and p.message_id = v.message_id and (p.anonymous or $2)",
        id,
        taken.removes_messages
    )
    .execute(&chat.0.db)
    .await?;
    sqlx::query!("delete from mentions where user_id = $1", id)
        .execute(&chat.0.db)
        .await?;
    sqlx::query!("delete from wildcard_recipients where user_id = $1", id)
        .execute(&chat.0.db)
        .await?;
    // When the person last read in a conversation. How far stays, by which the others see what was read.
    sqlx::query!(
        "update members m set moved_at = null, unread_after = null, unread_marked_at = null
        from (
            select conversation_id from members where user_id = $1 and left_at is null
            union all
            select conversation_id from members where user_id = $1 and left_at is not null
        ) own
        where m.conversation_id = own.conversation_id and m.user_id = $1
            and num_nonnulls(m.moved_at, m.unread_after, m.unread_marked_at) > 0",
        id
    )
    .execute(&chat.0.db)
    .await?;
    sqlx::query!(
        "delete from read_marks r
        using (
            select conversation_id from members where user_id = $1 and left_at is null
            union all
            select conversation_id from members where user_id = $1 and left_at is not null
            union all
            select 0
        ) m
        where r.conversation_id = m.conversation_id and r.user_id = $1",
        id
    )
    .execute(&chat.0.db)
    .await?;
    Ok(())
}

/// Files that no message has, with their bytes. What the store does not remove now, the sweep of `removed_uploads` does.
pub async fn erase_uploads(chat: &Chat, taken: Taken) -> Result<()> {
    let mut after = 0;
    loop {
        let ids = sqlx::query_scalar!(
            "select id from uploads u where user_id = $1 and id > $2
                and not exists (select from attachments a where a.upload_id = u.id)
            order by id limit $3",
            taken.user_id.0,
            after,
            PER_READ
        )
        .fetch_all(&chat.0.db)
        .await?;
        let Some(last) = ids.last() else {
            return Ok(());
        };
        after = *last;
        for id in ids {
            chat.release_upload(UploadId(id)).await?;
        }
        chat.hold(taken.user_id).await?;
    }
}
