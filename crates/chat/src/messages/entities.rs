//! The entities of messages that were read: what in their bodies is a link, a mention or emoji.

use crate::{
    Result,
    text::{self, MentionedUser},
};
use model::{Message, UserId};
use sqlx::PgConnection;
use std::collections::HashMap;

/// Fills in the entities. The users whom the messages mention are read with one query, if one of them can
/// mention anybody.
pub async fn add_entities(db: &mut PgConnection, messages: &mut [Message]) -> Result<()> {
    let may_mention = messages.iter().filter(|it| it.body.contains(['@', '＠']));
    let ids: Vec<_> = may_mention.map(|it| it.id.0).collect();
    let mut mentioned: HashMap<i64, Vec<MentionedUser>> = HashMap::new();
    if !ids.is_empty() {
        let rows = sqlx::query!(
            "select m.message_id, u.id, u.username
            from mentions m join users u on u.id = m.user_id where m.message_id = any($1)",
            &ids
        )
        .fetch_all(db)
        .await?;
        for row in rows {
            mentioned
                .entry(row.message_id)
                .or_default()
                .push(MentionedUser {
                    id: UserId(row.id),
                    username: row.username,
                });
        }
    }
    for message in messages {
        let users = mentioned.get(&message.id.0).map_or(&[][..], Vec::as_slice);
        message.entities = text::entities(&message.body, users);
    }
    Ok(())
}

/// The users of these ids, as mentions of them are written.
pub async fn users_as_mentioned(db: &mut PgConnection, ids: &[i64]) -> Result<Vec<MentionedUser>> {
    let rows = sqlx::query!("select id, username from users where id = any($1)", ids)
        .fetch_all(db)
        .await?;
    let users = rows.into_iter().map(|row| MentionedUser {
        id: UserId(row.id),
        username: row.username,
    });
    Ok(users.collect())
}
