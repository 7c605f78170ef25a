//! Mentions: `@username` in a body, where the user is a member of the conversation. `wildcards` has those of many.

use crate::{
    Result,
    text::{self, Mentioned},
};
use model::{Message, UserId, Wildcard};
use sqlx::{PgConnection, types::Json};
use std::collections::HashMap;

/// A user whom a message mentions.
#[derive(Clone, Debug)]
pub struct MentionedUser {
    pub id: UserId,
    pub username: String,
    pub name: String,
}

/// Whom a message mentions, as its text shows it.
#[derive(Default)]
pub struct Mentions {
    pub mentioned: Vec<Mentioned>,
    pub names: Vec<(UserId, String)>,
}

impl Mentions {
    /// Users come first: one who is called `all` is meant by that.
    pub fn new(users: Vec<MentionedUser>, wildcards: &[Wildcard]) -> Self {
        let mut mentions = Self::default();
        for user in users {
            mentions.push(user);
        }
        let many = wildcards.iter().copied().flat_map(Mentioned::many);
        mentions.mentioned.extend(many);
        mentions
    }

    fn push(&mut self, user: MentionedUser) {
        let mentioned = Mentioned::user(user.id, user.username);
        self.mentioned.push(mentioned);
        self.names.push((user.id, user.name));
    }

    /// Whom these messages mention, with one query, if there is a message.
    pub async fn of_messages(db: &mut PgConnection, ids: &[i64]) -> Result<HashMap<i64, Self>> {
        let mut found: HashMap<i64, Self> = HashMap::new();
        if ids.is_empty() {
            return Ok(found);
        }
        let rows = sqlx::query!(
            r#"select m.message_id as "message_id!", u.id as "id?", u.username as "username?",
                u.name as "name?", null::jsonb as "who?: Json<Wildcard>"
            from mentions m join users u on u.id = m.user_id where m.message_id = any($1)
            union all
            select w.message_id, null, null, null, to_jsonb(w.who)
            from wildcard_mentions w where w.message_id = any($1)"#,
            ids
        )
        .fetch_all(db)
        .await?;
        let mut wildcards = Vec::new();
        for row in rows {
            let mentions = found.entry(row.message_id).or_default();
            if let (Some(id), Some(username), Some(name)) = (row.id, row.username, row.name) {
                let id = UserId(id);
                mentions.push(MentionedUser { id, username, name });
            }
            wildcards.extend(row.who.map(|Json(who)| (row.message_id, who)));
        }
        for (id, who) in wildcards {
            let mentions = found.entry(id).or_default();
            mentions.mentioned.extend(Mentioned::many(who));
        }
        Ok(found)
    }
}

/// The users of these ids, as mentions of them are written.
pub async fn users_as_mentioned(db: &mut PgConnection, ids: &[i64]) -> Result<Vec<MentionedUser>> {
    let rows = sqlx::query!(
        "select id, username, name from users where id = any($1)",
        ids
    )
    .fetch_all(db)
    .await?;
    let users = rows.into_iter().map(|row| MentionedUser {
        id: UserId(row.id),
        username: row.username,
        name: row.name,
    });
    Ok(users.collect())
}

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
