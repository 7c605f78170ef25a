//! People: those with whom somebody shares a conversation.

use crate::{Caller, Chat, Result};
use model::{Presence, User};
use sqlx::types::Json;

/// How many people a list that is not asked for in pages may have.
const MOST_LISTED: i64 = 1000;

impl Chat {
    /// Everybody who shares a conversation with the caller, by name; the first thousand.
    pub async fn people(&self, caller: &Caller) -> Result<Vec<User>> {
        let users = sqlx::query_scalar!(
            r#"select user_noun(u) as "user!: Json<User>" from users u where id = any(array(
                select distinct theirs.user_id
                from members mine join members theirs using (conversation_id)
                where mine.user_id = $1 and mine.left_at is null
                    and theirs.user_id <> $1 and theirs.left_at is null
            )) order by lower(name), id limit $2"#,
            caller.user_id.0,
            MOST_LISTED
        )
        .fetch_all(&self.0.db)
        .await?;
        let users = users.into_iter();
        Ok(users.map(|Json(user)| self.with_presence(user)).collect())
    }

    /// Those of them whom others see as connected, the caller among them, by name.
    pub async fn online_users(&self, caller: &Caller) -> Result<Vec<User>> {
        let visible = self.0.presence.visible();
        let visible: Vec<_> = visible.into_iter().map(|id| id.0).collect();
        let users = sqlx::query_scalar!(
            r#"select user_noun(u) as "user!: Json<User>" from users u
            where id = any($2) and (id = $1 or exists (
                select from members mine join members theirs using (conversation_id)
                where mine.user_id = $1 and mine.left_at is null
                    and theirs.user_id = u.id and theirs.left_at is null
            )) order by lower(name), id"#,
            caller.user_id.0,
            &visible
        )
        .fetch_all(&self.0.db)
        .await?;
        let users = users.into_iter();
        Ok(users.map(|Json(user)| self.with_presence(user)).collect())
    }

    /// The presence of those who are there.
    pub(crate) async fn presence_of_peers(&self, caller: &Caller) -> Result<Vec<Presence>> {
        let online = self.online_users(caller).await?.into_iter();
        let presence = online.map(|user| Presence {
            user_id: user.id,
            status: user.presence,
            last_seen_at: user.last_seen_at,
        });
        Ok(presence.collect())
    }
}
