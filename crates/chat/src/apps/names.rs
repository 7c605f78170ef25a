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
}
