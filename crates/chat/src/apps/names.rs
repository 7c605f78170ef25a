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
    /// one that it once had. The configuration goes first: a row may have the name of an app that has
    /// been configured since.
    pub async fn app_named(&self, name: &str) -> Result<Option<AppId>> {
        let keys = &self.0.keys;
        if keys.app_names().any(|it| it == name) {
            // Where the configuration has no issuer, that is the one of the first token.
            let issuer = keys.issuers_of(name).first().map(String::as_str);
            return self.find_or_create_app(name, issuer).await.map(Some);
        }
        let found = sqlx::query_scalar!("select id from apps where name = $1", name)
            .fetch_optional(&self.0.db)
            .await?;
        Ok(found.map(AppId))
    }
}
