//! Apps by their names.

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
    pub async fn app_named(&self, name: &str) -> Result<Option<AppId>> {
        if let Some(id) = self.find_app(name).await? {
            return Ok(Some(id));
        }
        if !self.0.keys.app_names().any(|it| it == name) {
            return Ok(None);
        }
        // Where the configuration has no issuer, that is the one of the first token.
        let issuer = self.0.keys.issuer_of(name);
        self.find_or_create_app(name, issuer, issuer.is_some())
            .await
            .map(Some)
    }

    /// The same.
    ///
    /// # Errors
    /// `NotFound` for another name.
    pub(crate) async fn app_for_directory(&self, name: &str) -> Result<AppId> {
        self.app_named(name).await?.ok_or(Error::NotFound("app"))
    }
}
