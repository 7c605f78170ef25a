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

    /// The app of this name: one that the configuration has, or one that a token has named.
    pub(crate) async fn find_app(&self, name: &str) -> Result<Option<AppId>> {
        if let Some(id) = self.0.apps.names.get(name).await {
            return Ok(Some(id));
        }
        // Postgres stores no text with NUL.
        if name.contains('\0') {
            return Ok(None);
        }
        let found = self.app_named(name).await?;
        if let Some(id) = found {
            self.0.apps.names.insert(name.to_owned(), id).await;
        }
        Ok(found)
    }

    /// The same.
    ///
    /// # Errors
    /// `NotFound` for another name.
    pub(crate) async fn require_app(&self, name: &str) -> Result<AppId> {
        self.find_app(name).await?.ok_or(Error::NotFound("app"))
    }

    /// The app with a name: one that the configuration has, which need not have been heard of yet, or
    /// one that it once had.
    pub async fn app_named(&self, name: &str) -> Result<Option<AppId>> {
        let found = sqlx::query_scalar!("select id from apps where name = $1", name)
            .fetch_optional(&self.0.db)
            .await?;
        if let Some(id) = found {
            return Ok(Some(AppId(id)));
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
}
