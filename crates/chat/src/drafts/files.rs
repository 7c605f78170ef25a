//! The files of drafts: uploads of the user's that no message has, ready or on their way, which a draft keeps from being
//! swept. `drafts.has_files` is written with them.

use super::stored::{load, thread_key};
use crate::{Chat, Result, personal::next_seq};
use model::{ConversationId, MessageId, PersonalEvent, UserId};
use sqlx::PgConnection;

/// Those of these uploads that a draft of the user's can have, in their order. What is not the user's, was sent, scheduled or
/// deleted is left out. They stay until the end of the transaction.
pub async fn free(tx: &mut PgConnection, user_id: UserId, mut ids: Vec<i64>) -> Result<Vec<i64>> {
    if ids.is_empty() {
        return Ok(ids);
    }
    // A deletion or a scheduling waits for these locks; one that has begun is waited for.
    let own = sqlx::query_scalar!(
        "select id from uploads where id = any($1) and user_id = $2 order by id for key share",
        &ids,
        user_id.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let taken = sqlx::query_scalar!(
        r#"select upload_id as "id!" from attachments where upload_id = any($1)
        union all select upload_id from scheduled_uploads where upload_id = any($1)"#,
        &ids
    )
    .fetch_all(tx)
    .await?;
    ids.retain(|id| own.contains(id) && !taken.contains(id));
    Ok(ids)
}

/// Lets a draft have these uploads and no others. The others are released for a day.
pub async fn hold(
    tx: &mut PgConnection,
    user_id: UserId,
    (id, thread_id): (ConversationId, Option<MessageId>),
    upload_ids: &[i64],
    had: &[i64],
) -> Result<()> {
    if upload_ids == had {
        return Ok(());
    }
    sqlx::query!(
        "delete from draft_uploads
        where user_id = $1 and conversation_id = $2 and thread_id = $3",
        user_id.0,
        id.0,
        thread_key(thread_id)
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into draft_uploads (user_id, conversation_id, thread_id, position, upload_id)
        select $1, $2, $3, f.position, f.id
        from unnest($4::bigint[]) with ordinality f(id, position)",
        user_id.0,
        id.0,
        thread_key(thread_id),
        upload_ids
    )
    .execute(tx)
    .await?;
    Ok(())
}

impl Chat {
    /// Takes uploads that no message has out of the drafts that have them, before they are deleted.
    pub(crate) async fn take_from_drafts(&self, uploads: &[i64]) -> Result<()> {
        let mut tx = self.begin().await?;
        // Every transaction takes the locks of users in this order.
        let places = sqlx::query!(
            "select distinct f.user_id, f.conversation_id, f.thread_id from draft_uploads f
            where f.upload_id = any($1)
                and not exists (select from attachments a where a.upload_id = f.upload_id)
            order by f.user_id, f.conversation_id, f.thread_id",
            uploads
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut changed = Vec::new();
        for place in places {
            let user_id = UserId(place.user_id);
            let seq = next_seq(&mut tx, user_id).await?;
            sqlx::query!(
                "delete from draft_uploads f where f.user_id = $1 and f.conversation_id = $2
                    and f.thread_id = $3 and f.upload_id = any($4)
                    and not exists (select from attachments a where a.upload_id = f.upload_id)",
                user_id.0,
                place.conversation_id,
                place.thread_id,
                uploads
            )
            .execute(&mut *tx)
            .await?;
            sqlx::query!(
                "update drafts d set seq = $4, updated_at = clock_timestamp(), has_files = exists (
                    select from draft_uploads f where f.user_id = d.user_id
                        and f.conversation_id = d.conversation_id and f.thread_id = d.thread_id
                )
                where d.user_id = $1 and d.conversation_id = $2 and d.thread_id = $3",
                user_id.0,
                place.conversation_id,
                place.thread_id,
                seq
            )
            .execute(&mut *tx)
            .await?;
            let thread_id = (place.thread_id != 0).then_some(MessageId(place.thread_id));
            let id = ConversationId(place.conversation_id);
            let stored = load(&mut tx, user_id, id, thread_id).await?;
            changed.extend(stored.map(|it| (user_id, it.into_draft())));
        }
        tx.commit().await?;
        for (user_id, draft) in changed {
            self.publish_personal(user_id, PersonalEvent::Draft { draft });
        }
        Ok(())
    }
}
