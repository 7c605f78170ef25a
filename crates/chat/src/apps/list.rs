//! Lists of the users of an app, and of the ids that apps have for a user.

use crate::{Caller, Chat, Result, page};
use model::{AppUser, AppUserId, Page, PageRequest, UserId};

impl Chat {
    /// The users of an app, in the order of their ids there. Administrators only.
    ///
    /// # Errors
    /// `NotFound` for an app that is not known.
    pub async fn app_users(
        &self,
        caller: &Caller,
        app: &str,
        page: PageRequest,
    ) -> Result<Page<AppUser>> {
        caller.require_admin()?;
        let limit = page::limit(page.limit)?;
        let after = page::text_cursor(page.cursor.as_deref())?;
        let app_id = self.require_app(app).await?;
        let users = self.app_users_after(app_id, after, limit + 1).await?;
        Ok(page::cut(users, limit, |user: &AppUser| user.id.clone()))
    }

    /// The next users of an app after this id, or the first ones.
    async fn app_users_after(
        &self,
        app_id: model::AppId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<AppUser>> {
        let users = sqlx::query_as!(
            AppUser,
            r#"select a.external_id as id, a.user_id, u.username, u.name,
                a.first_token_at is null and a.directory is null as "placeholder!",
                a.first_token_at, a.ended_at
            from app_users a join users u on u.id = a.user_id
            where a.app_id = $1 and a.external_id > $2 order by a.external_id limit $3"#,
            app_id.0,
            after.unwrap_or_default(),
            limit
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(users)
    }

    /// The ids that apps have for a user: for the user and for administrators.
    ///
    /// # Errors
    /// `Forbidden` for everybody else.
    pub async fn user_app_ids(&self, caller: &Caller, user_id: UserId) -> Result<Vec<AppUserId>> {
        if caller.user_id != user_id {
            caller.require_admin()?;
        }
        let ids = sqlx::query_as!(
            AppUserId,
            "select p.name as app, a.external_id as id
            from app_users a join apps p on p.id = a.app_id
            where a.user_id = $1 order by p.name",
            user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(ids)
    }
}
