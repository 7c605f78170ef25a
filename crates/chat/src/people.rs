//! People: the users with whom a user shares a conversation.

use crate::{
    Caller, Chat, Result, page,
    presence::{MAX_MEMBERS_WITH_PRESENCE, PresenceAudience},
};
use model::{Presence, PresenceStatus, User, UserId};
use sqlx::types::Json;
use std::collections::HashSet;

/// Users in a list of who is present, at most. The others look offline there until their presence
/// changes.
const MAX_PRESENT: usize = 10_000;

impl Chat {
    /// The users who share a conversation with the caller, by name, at most `page::MAX_UNPAGED`.
    pub async fn people(&self, caller: &Caller) -> Result<Vec<User>> {
        let users = sqlx::query_scalar!(
            r#"select user_json(u) as "user!: Json<User>" from users u where id = any(array(
                select distinct theirs.user_id
                from members mine join members theirs using (conversation_id)
                where mine.user_id = $1 and mine.left_at is null
                    and theirs.user_id <> $1 and theirs.left_at is null
            )) order by fold_text(name), id limit $2"#,
            caller.user_id.0,
            page::MAX_UNPAGED
        )
        .fetch_all(&self.0.db)
        .await?;
        let users = users.into_iter();
        Ok(users.map(|Json(user)| self.with_presence(user)).collect())
    }

    /// Those of them, and the caller, whose presence is online or away, by name. With
    /// `PresenceAudience::Everyone` those of all users, at most `MAX_PRESENT`.
    pub async fn online_users(&self, caller: &Caller) -> Result<Vec<User>> {
        let peers = self.peers(caller, i64::MAX).await?;
        let online: Vec<_> = self.online(caller, peers).map(|(id, _)| id.0).collect();
        let users = sqlx::query_scalar!(
            r#"select user_json(u) as "user!: Json<User>" from users u
            where id = any($1) order by fold_text(name), id"#,
            &online
        )
        .fetch_all(&self.0.db)
        .await?;
        let users = users.into_iter();
        Ok(users.map(|Json(user)| self.with_presence(user)).collect())
    }

    /// The presence of those peers whose presence events the caller will get, without offline ones.
    pub(crate) async fn presence_of_peers(&self, caller: &Caller) -> Result<Vec<Presence>> {
        let peers = self.peers(caller, MAX_MEMBERS_WITH_PRESENCE).await?;
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

    /// The users with whom the caller shares a conversation of at most `max_members` members. With
    /// `PresenceAudience::Everyone` all who are connected.
    async fn peers(&self, caller: &Caller, max_members: i64) -> Result<Vec<UserId>> {
        if self.0.presence_audience == PresenceAudience::Everyone {
            return Ok(self.0.presence.users_anywhere());
        }
        let ids = sqlx::query_scalar!(
            "select theirs.user_id from members mine
            join conversations c on c.id = mine.conversation_id and c.member_count <= $2
            join members theirs on theirs.conversation_id = c.id and theirs.left_at is null
            where mine.user_id = $1 and mine.left_at is null",
            caller.user_id.0,
            max_members
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(ids.into_iter().map(UserId).collect())
    }

    /// The peers and the caller, without those who are offline to others.
    fn online(
        &self,
        caller: &Caller,
        peers: Vec<UserId>,
    ) -> impl Iterator<Item = (UserId, PresenceStatus)> {
        let mut user_ids: HashSet<_> = peers.into_iter().collect();
        user_ids.insert(caller.user_id);
        let user_ids = user_ids.into_iter();
        let statuses = user_ids.map(|id| (id, self.0.presence.status(id)));
        let present = statuses.filter(|(_, status)| *status != PresenceStatus::Offline);
        present.take(MAX_PRESENT)
    }
}
