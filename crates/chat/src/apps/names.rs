//! Apps by their names.

use super::DEFAULT_APP;
use crate::{Caller, Chat, Error, Result};
use model::{App, AppId};

impl Chat {
    /// The apps, by name. Administrators only.
    pub async fn apps(&self, caller: &Caller) -> Result<Vec<App>> {
        caller.require_admin()?;
        let apps = sqlx::query_as!(
            App,
            "select name, issuer, created_at from apps order by name limit 1000"
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(apps)
    }

    /// The app of this name, once a token or a directory has named it.
    pub(crate) async fn find_app(&self, name: &str) -> Result<Option<AppId>> {
        if let Some(id) = self.0.apps.names.get(name).await {
            return Ok(Some(id));
        }
        // Postgres stores no text with NUL.
        if name.contains('\0') {
            return Ok(None);
        }
        let found = sqlx::query_scalar!("select id from apps where name = $1", name)
            .fetch_optional(&self.0.db)
            .await?;
        let Some(id) = found.map(AppId) else {
            return Ok(None);
        };
        self.0.apps.names.insert(name.to_owned(), id).await;
        Ok(Some(id))
    }

    /// The app of this name. One that the configuration has is created before its first token comes.
    ///
    /// # Errors
    /// `NotFound` for another name.
    pub(crate) async fn app_for_directory(&self, name: &str) -> Result<AppId> {
        if let Some(id) = self.find_app(name).await? {
            return Ok(id);
        }
        if !self.is_configured_app(name) {
            return Err(Error::NotFound("app"));
        }
        // Without an issuer: that is the one of the first token.
        sqlx::query!(
            "insert into apps (name, configured_as) values ($1, $1) on conflict do nothing",
            name
        )
        .execute(&self.0.db)
        .await?;
        self.find_app(name).await?.ok_or(Error::NotFound("app"))
    }

    /// Whether the configuration has an app of this name.
    fn is_configured_app(&self, name: &str) -> bool {
        name == DEFAULT_APP && self.has_apps()
    }
}
