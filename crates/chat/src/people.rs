//! People: those with whom somebody shares a conversation.

use crate::{Caller, Chat, Result, presence::MOST_SHOWN};
use model::{Presence, PresenceStatus, User, UserId};
use sqlx::types::Json;
use std::collections::HashSet;

/// How many people a list that is not asked for in pages may have.
const MOST_LISTED: i64 = 1000;

impl Chat {
    /// Everybody who shares a conversation with the caller, by name; the first thousand.
    pub async fn people(&self, caller: &Caller) -> Result<Vec<User>> {
        let users = sqlx::query_scalar!(
            r#"select user_json(u) as "user!: Json<User>" from users u where id = any(array(
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
        let peers = self.peers(caller, i64::MAX).await?;
        let online: Vec<_> = self.online(caller, peers).map(|(id, _)| id.0).collect();
        let users = sqlx::query_scalar!(
            r#"select user_json(u) as "user!: Json<User>" from users u
            where id = any($1) order by lower(name), id"#,
            &online
        )
        .fetch_all(&self.0.db)
        .await?;
        let users = users.into_iter();
        Ok(users.map(|Json(user)| self.with_presence(user)).collect())
    }

    /// The presence of those who are there, and of whom the caller is going to hear.
    pub(crate) async fn presence_of_peers(&self, caller: &Caller) -> Result<Vec<Presence>> {
        let peers = self.peers(caller, MOST_SHOWN).await?;
        let online = self.online(caller, peers);
        let mut online: Vec<_> = online
            .map(|(user_id, status)| Presence {
                user_id,
                status,
                last_seen_at: None,
            })
            .collect();
        online.sort_unstable_by_key(|it| it.user_id);
        Ok(online)
    }

    /// Those with whom the caller shares a conversation of so many members at most.
    async fn peers(&self, caller: &Caller, most: i64) -> Result<Vec<UserId>> {
        let ids = sqlx::query_scalar!(
            "select theirs.user_id from members mine
            join conversations c on c.id = mine.conversation_id and c.member_count <= $2
            join members theirs on theirs.conversation_id = c.id and theirs.left_at is null
            where mine.user_id = $1 and mine.left_at is null",
            caller.user_id.0,
            most
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(ids.into_iter().map(UserId).collect())
    }

    fn online(
        &self,
        caller: &Caller,
        peers: Vec<UserId>,
    ) -> impl Iterator<Item = (UserId, PresenceStatus)> {
        let mut everybody: HashSet<_> = peers.into_iter().collect();
        everybody.insert(caller.user_id);
        let everybody = everybody.into_iter();
        let seen = everybody.map(|id| (id, self.0.presence.status(id)));
        seen.filter(|(_, status)| *status != PresenceStatus::Offline)
    }
}
