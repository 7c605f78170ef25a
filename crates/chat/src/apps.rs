//! Apps: other systems whose users are users here, by ids of their own.

mod config;
mod create;
mod directory;
mod ended;
pub(crate) mod external_id;
mod links;
mod list;
mod made_up_names;
mod names;
mod profile;
mod resolve;
mod sign_in;
pub(crate) mod state;
mod user_keys;
pub(crate) mod users;

pub(crate) use directory::Said;
pub(crate) use profile::Shown;

pub use config::{AppConfig, ConfigError, DEFAULT_APP, UnknownUsers};
pub use directory::MAX_DIRECTORY_USERS;
pub use external_id::{ExternalId, IdKind};
pub use profile::AppProfile;
pub(crate) use users::Told;

use crate::{Chat, Error, Result};
use model::AppId;

impl Chat {
    /// Whether tokens of apps are accepted, so that callers of apps may come.
    pub fn has_apps(&self) -> bool {
        self.0.keys.has_apps()
    }

    /// The app of a token: by the app's name in the configuration, and by the token's issuer, which
    /// is empty if the token has none. The first issuer is the app's own; each other one is another
    /// app, as two issuers may have the same ids for different people. Unless the configuration names
    /// the issuers (`is_issuer_set`): then there is one app for all of them.
    pub(crate) async fn app_of_issuer(
        &self,
        configured_as: &str,
        issuer: &str,
        is_issuer_set: bool,
    ) -> Result<AppId> {
        let key = (configured_as.to_owned(), issuer.to_owned());
        if let Some(id) = self.0.apps.ids.get(&key).await {
            return Ok(id);
        }
        let id = self
            .find_or_create_app(configured_as, Some(issuer), is_issuer_set)
            .await?;
        self.0.apps.ids.insert(key, id).await;
        Ok(id)
    }

    /// What happens when an unknown user of an app is named.
    pub(crate) async fn unknown_users(&self, app_id: AppId) -> Result<UnknownUsers> {
        if let Some(known) = self.0.apps.unknown_users.get(&app_id).await {
            return Ok(known);
        }
        let configured_as =
            sqlx::query_scalar!("select configured_as from apps where id = $1", app_id.0)
                .fetch_optional(&self.0.db)
                .await?
                .ok_or(Error::NotFound("app"))?;
        let known = self.0.keys.unknown_users(&configured_as);
        self.0.apps.unknown_users.insert(app_id, known).await;
        Ok(known)
    }

    /// Without an issuer, any app of the configuration's name will do, and its issuer stays.
    /// An app whose tokens were without an issuer gets the one that the configuration has since.
    pub(crate) async fn find_or_create_app(
        &self,
        configured_as: &str,
        issuer: Option<&str>,
        is_issuer_set: bool,
    ) -> Result<AppId> {
        let mut tx = self.0.db.begin().await?;
        // Names are given out under the lock.
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended('apps', 0))")
            .execute(&mut *tx)
            .await?;
        let known = sqlx::query_scalar!(
            "update apps set issuer = coalesce($2, issuer) where id = (
                select id from apps
                where configured_as = $1
                    and ($2::text is null or issuer = $2 or issuer is null or ($3 and issuer = ''))
                order by issuer is not distinct from $2 desc, name = $1 desc, id limit 1
            ) returning id",
            configured_as,
            issuer,
            is_issuer_set
        )
        .fetch_optional(&mut *tx)
        .await?;
        let id = match known {
            Some(id) => id,
            None => {
                sqlx::query_scalar!(
                    "insert into apps (name, configured_as, issuer)
                    select candidate, $1, $2 from (
                        select $1::text as candidate, 1 as n
                        union all select left($1, 27) || '-' || n, n from generate_series(2, 9999) n
                    ) c where not exists (select from apps where name = candidate)
                    order by n limit 1
                    returning id",
                    configured_as,
                    issuer
                )
                .fetch_one(&mut *tx)
                .await?
            }
        };
        tx.commit().await?;
        Ok(AppId(id))
    }
}
