//! The tombstone that a deleted message leaves.

use super::{MessageChange, wildcards::WildcardMessage};
use crate::{Chat, Result, text};
use model::{Event, Message, MessageId, UserId};

/// Empties a message that is not deleted, in the transaction of the change, and tells it. Whoever calls has checked that it
/// may be.
pub(crate) async fn leave_tombstone(
    chat: &Chat,
    mut change: MessageChange,
    id: MessageId,
) -> Result<Message> {
    let seq = change.next_seq().await?;
    let uploads = uploads_of(&mut change.tx, id).await?;
    let people = change.conversation.member_count;
    let of_many = if text::wildcard_names(&change.body).is_empty() {
        Vec::new()
    } else {
        chat.wildcard_users(&mut change.tx, id, people).await?
    };
    let mentioned = sqlx::query_scalar!(
        "with edited as (delete from edits where message_id = $1),
        reacted as (delete from reactions where message_id = $1),
        attached as (delete from attachments where message_id = $1),
        unpinned as (delete from pins where message_id = $1),
        left_thread as (
            update thread_messages set deleted_at = now() where message_id = $1
            returning thread_id
        ),
        shortened as (
            update threads set seq = $2 from left_thread where id = left_thread.thread_id
        ),
        deleted as (
            update messages set body = '', deleted_at = now(), seq = $2 where id = $1
        )
        delete from mentions where message_id = $1 returning user_id",
        id.0,
        seq
    )
    .fetch_all(&mut *change.tx)
    .await?;
    let deleted = change
        .commit_and_publish(chat, Event::message_deleted)
        .await?;
    let mentioned = mentioned.into_iter().map(UserId);
    chat.publish_unread_after_deletion(&deleted, mentioned.collect())
        .await;
    chat.publish_many_mentioned(&of_many, &WildcardMessage::of(&deleted));
    chat.publish_threads_after_deletion(&deleted).await;
    chat.release_uploads(uploads).await;
    Ok(deleted)
}

/// The uploads that a message has.
async fn uploads_of(db: &mut sqlx::PgConnection, id: MessageId) -> Result<Vec<i64>> {
    let ids = sqlx::query_scalar!(
        r#"select upload_id as "id!" from attachments where message_id = $1 and upload_id is not null"#,
        id.0
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}
