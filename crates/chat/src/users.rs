//! Users, as others find them.

use crate::{Caller, Chat, Error, Result, page};
use model::{Page, PageRequest, User, UserId};
use sqlx::types::Json;

impl Chat {
    /// Users whose username or name contains the query, in the order of their usernames.
    pub async fn users(
        &self,
        _caller: &Caller,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<User>> {
        let limit = page::limit(page.limit)?;
        let pattern = page::contains(query);
        let after = page.cursor.unwrap_or_default();
        // Trigrams need three characters, and find few; shorter queries match many, so that the
        // walk through the usernames ends soon.
        let users: Vec<Json<User>> = if pattern.chars().count() >= 5 {
            sqlx::query_scalar!(
                r#"with found as materialized (
                    select id from users where username like lower($2) or lower(name) like lower($2)
                )
                select user_json(users) as "user!: Json<User>"
                from users join found using (id)
                where users.username > $1 order by users.username limit $3"#,
                after,
                pattern,
                limit + 1
            )
            .fetch_all(&self.0.db)
            .await?
        } else {
            sqlx::query_scalar!(
                r#"select user_json(users) as "user!: Json<User>" from users
                where username > $1 and (username like lower($2) or lower(name) like lower($2))
                order by username limit $3"#,
                after,
                pattern,
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

    /// The database does not know who is connected.
    pub(crate) fn with_presence(&self, mut user: User) -> User {
        user.presence = self.0.presence.status(user.id);
        user
    }
}
