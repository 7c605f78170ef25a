//! Users: finding others.

use crate::{Caller, Chat, Error, Result, page};
use model::{ConversationSummary, Page, PageRequest, User, UserId};
use sqlx::types::Json;

impl Chat {
    /// Users whose username or name contains the query, regardless of case and composition, in the order of usernames.
    /// Somebody who is gone from every app, and cannot sign in with a password, is left out.
    pub async fn users(
        &self,
        _caller: &Caller,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<User>> {
        let limit = page::limit(page.limit)?;
        let query = page::query("query", query)?;
        let after = page::text_cursor(page.cursor.as_deref())?.unwrap_or_default();
        // A query of three characters or more uses the trigram indexes, which find few rows. A
        // shorter one matches many, so that walking the index of usernames fills a page soon.
        let users: Vec<Json<User>> = if query.chars().count() >= 3 {
            sqlx::query_scalar!(
                r#"with found as materialized (
                    select id from users where username like contains_pattern($2)
                        or fold_text(name) like contains_pattern($2)
                )
                select user_json(users) as "user!: Json<User>"
                from users join found using (id)
                where users.username > $1
                    and not (users.password_hash is null
                        and exists (select from app_users a
                            where a.user_id = users.id and a.ended_at is not null)
                        and not exists (select from app_users a
                            where a.user_id = users.id and a.ended_at is null))
                order by users.username limit $3"#,
                after,
                query,
                limit + 1
            )
            .fetch_all(&self.0.db)
            .await?
        } else {
            sqlx::query_scalar!(
                r#"select user_json(users) as "user!: Json<User>" from users
                where username > $1 and (username like contains_pattern($2)
                        or fold_text(name) like contains_pattern($2))
                    and not (users.password_hash is null
                        and exists (select from app_users a
                            where a.user_id = users.id and a.ended_at is not null)
                        and not exists (select from app_users a
                            where a.user_id = users.id and a.ended_at is null))
                order by username limit $3"#,
                after,
                query,
                limit + 1
            )
            .fetch_all(&self.0.db)
            .await?
        };
        let users = users
            .into_iter()
            .map(|Json(user)| self.with_presence(user))
            .collect();
        Ok(page::cut(users, limit, |user: &User| user.username.clone()))
    }

    /// The groups and channels that the caller and another user are both members of, the newest first. Without
    /// the announcements, which have everybody.
    pub async fn shared_conversations(
        &self,
        caller: &Caller,
        id: UserId,
        page: &PageRequest,
    ) -> Result<Page<ConversationSummary>> {
        let limit = page::limit(page.limit)?;
        let before = page::numbers::<1>(page.cursor.as_deref())?;
        self.find_user(id).await?;
        let summaries = sqlx::query_scalar!(
            r#"select json as "json!: Json<ConversationSummary>" from conversation_summaries
            where caller_id = $1 and role is not null and id = any(array(
                select mine.conversation_id from members mine
                join members theirs on theirs.conversation_id = mine.conversation_id
                    and theirs.user_id = $2 and theirs.left_at is null
                join conversations c on c.id = mine.conversation_id and c.kind in ('group', 'channel')
                where mine.user_id = $1 and mine.left_at is null
                    and ($3::bigint is null or mine.conversation_id < $3)
                order by mine.conversation_id desc limit $4
            )) order by id desc"#,
            caller.user_id.0,
            id.0,
            before.map(|[id]| id),
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let summaries = self.complete_summaries(summaries);
        let cursor = |it: &ConversationSummary| it.conversation.id.to_string();
        Ok(page::cut(summaries, limit, cursor))
    }

    /// A user by id.
    pub async fn user(&self, _caller: &Caller, id: UserId) -> Result<User> {
        self.find_user(id).await
    }

    pub(crate) async fn find_user(&self, id: UserId) -> Result<User> {
        let Json(user) = sqlx::query_scalar!(
            r#"select user_json(u) as "user!: Json<User>" from users u where id = $1"#,
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("user"))?;
        Ok(self.with_presence(user))
    }

    /// Fills in the presence, which the database does not know.
    pub(crate) fn with_presence(&self, mut user: User) -> User {
        user.presence = self.0.presence.status(user.id);
        user
    }
}
