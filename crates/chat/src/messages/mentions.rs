//! Mentions: `@username` in a body, where the user is a member of the conversation.

use crate::{Result, text};
use model::{Message, UserId};
use sqlx::PgConnection;

/// Replaces the mentions of an edited message by those of its new body; returns the users whose
/// mention has come or gone.
pub async fn rewrite(tx: &mut PgConnection, message: &Message) -> Result<Vec<UserId>> {
    let names = names(&message.body);
    let changed = sqlx::query_scalar!(
        r#"with mentioned as (
            select id from mentioned_members($2, $4, $5) m(id)
        ), removed as (
            delete from mentions where message_id = $1 and user_id not in (select id from mentioned)
            returning user_id
        ), added as (
            insert into mentions (message_id, conversation_id, position, user_id)
            select $1, $2, $3, id from mentioned
            on conflict do nothing returning user_id
        )
        select user_id as "user_id!" from removed union select user_id from added"#,
        message.id.0,
        message.conversation_id.0,
        message.position,
        message.sender.id.0,
        &names
    )
    .fetch_all(tx)
    .await?;
    Ok(changed.into_iter().map(UserId).collect())
}

/// Those whom a reply in a thread mentions follow the thread from that reply on, unless they have unfollowed
/// it. `send_messages` has the same rule.
pub async fn follow_thread(tx: &mut PgConnection, message: &Message) -> Result<()> {
    let (Some(thread_id), Some(position)) = (message.thread_id, message.thread_position) else {
        return Ok(());
    };
    sqlx::query!(
        "insert into thread_followers (thread_id, user_id, read_position)
        select $1, user_id, $2::bigint - 1 from mentions where message_id = $3
        on conflict do nothing",
        thread_id.0,
        position,
        message.id.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What is written after each `@` of the body that may be a mention, for `mentioned_members`.
pub fn names(body: &str) -> Vec<String> {
    text::mentioned_names(body)
}
