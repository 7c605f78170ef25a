//! Users: finding others.

use crate::{Caller, Chat, Error, Result, nearly_named::FEW, page};
use model::{ConversationSummary, Page, PageRequest, User, UserId};
use sqlx::types::Json;

/// No username begins with it.
const PLAIN: &str = "~";

impl Chat {
    /// Users whose username or name contains the query, regardless of case, composition and accents, in the order of
    /// usernames. Where the query has accents, names that are written with them come first. Where these are few, those
    /// follow who are meant if it has typing errors. Somebody who is gone from every app, and cannot sign in with a
    /// password, is left out, and so is an account that was deleted.
    pub async fn users(
        &self,
        _caller: &Caller,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<User>> {
        let limit = page::limit(page.limit)?;
        let query = page::query("query", query)?;
        let cursor = page::text_cursor(page.cursor.as_deref())?;
        // A query of three characters or more uses the trigram indexes, which find few rows. A
        // shorter one matches many, so that walking the index of usernames fills a page soon.
        if query.chars().count() < 3 {
            return self.users_from(query, cursor, limit).await;
        }
        let mut found = self.users_named(query, cursor, limit).await?;
        if cursor.is_none() && found.next_cursor.is_none() && found.items.len() < FEW {
            let meant = self.users_nearly_named(query, &found.items).await?;
            page::fill_up(&mut found, meant, limit);
        }
        Ok(found)
    }

    async fn users_from(&self, query: &str, after: Option<&str>, limit: i64) -> Result<Page<User>> {
        let users = sqlx::query_scalar!(
            r#"select user_json(users) as "user!: Json<User>" from users
            where username > $1 and (username like name_pattern($2) or fold_name(name) like name_pattern($2))
                and deleted_at is null
                and not (users.password_hash is null
                    and exists (select from app_users a
                        where a.user_id = users.id and a.ended_at is not null)
                    and not exists (select from app_users a
                        where a.user_id = users.id and a.ended_at is null))
            order by username limit $3"#,
            after.unwrap_or_default(),
            query,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let users = users.into_iter().map(|Json(it)| self.with_presence(it));
        Ok(page::cut(users.collect(), limit, |it: &User| {
            it.username.clone()
        }))
    }

    /// The cursor is a username, after `PLAIN` of those whose names have not the accents of the query.
    async fn users_named(
        &self,
        query: &str,
        cursor: Option<&str>,
        limit: i64,
    ) -> Result<Page<User>> {
        let cursor = cursor.unwrap_or_default();
        let after = cursor.strip_prefix(PLAIN).unwrap_or(cursor);
        let rows = sqlx::query!(
            r#"with found as materialized (
                select id, contains_pattern($2) <> name_pattern($2)
                    and fold_text(name) not like contains_pattern($2) as is_plain
                from users where username like name_pattern($2) or fold_name(name) like name_pattern($2)
            )
            select is_plain as "is_plain!", user_json(users) as "user!: Json<User>"
            from users join found using (id)
            where (is_plain, users.username) > ($4, $1) and users.deleted_at is null
                and not (users.password_hash is null
                    and exists (select from app_users a
                        where a.user_id = users.id and a.ended_at is not null)
                    and not exists (select from app_users a
                        where a.user_id = users.id and a.ended_at is null))
            order by is_plain, users.username limit $3"#,
            after,
            query,
            limit + 1,
            after != cursor
        )
        .fetch_all(&self.0.db)
        .await?;
        let rows = page::cut(rows, limit, |row| {
            let prefix = if row.is_plain { PLAIN } else { "" };
            format!("{prefix}{}", row.user.username)
        });
        let users = rows.items.into_iter();
        Ok(Page {
            items: users.map(|row| self.with_presence(row.user.0)).collect(),
            next_cursor: rows.next_cursor,
        })
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
