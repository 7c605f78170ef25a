//! Mentions: `@username` in a body, where the user is a member of the conversation.

use crate::{Result, text};
use model::{Message, UserId};
use sqlx::PgConnection;

/// Replaces the mentions of an edited message by those of its new body; returns the users who
/// were not mentioned before.
pub async fn rewrite(tx: &mut PgConnection, message: &Message) -> Result<Vec<UserId>> {
    let names = names(&message.body);
    let mentioned = sqlx::query_scalar!(
        "with mentioned as (
            select id from mentioned_members($2, $4, $5) m(id)
        ), removed as (
            delete from mentions where message_id = $1 and user_id not in (select id from mentioned)
        )
        insert into mentions (message_id, conversation_id, position, user_id)
        select $1, $2, $3, id from mentioned
        on conflict do nothing returning user_id",
        message.id.0,
        message.conversation_id.0,
        message.position,
        message.sender.id.0,
        &names
    )
    .fetch_all(tx)
    .await?;
    Ok(mentioned.into_iter().map(UserId).collect())
}

/// What is written after each `@` of the body that may be a mention, for `mentioned_members`.
pub fn names(body: &str) -> Vec<String> {
    text::mentioned_names(body)
}
