//! Apps: other systems whose users are users here, by ids of their own.

mod config;
mod create;
mod deleted;
mod directory;
pub(crate) mod external_id;
mod links;
mod list;
mod made_up_names;
mod names;
mod profile;
mod resolve;
mod role_entry;
mod sign_in;
pub(crate) mod state;
mod told_at;
mod user_keys;
pub(crate) mod users;

pub(crate) use deleted::deleted_keys;
pub(crate) use directory::Said;
pub(crate) use profile::{Shown, with_random_suffix};

pub use config::{AppConfig, ConfigError, DEFAULT_APP, UnknownUsers};
pub use directory::MAX_DIRECTORY_USERS;
pub use external_id::{ExternalId, IdKind};
pub use profile::AppProfile;
pub(crate) use told_at::ToldAt;
pub(crate) use users::Told;

use crate::{Chat, Error, Keys, Result};
use model::AppId;
use sqlx::PgConnection;

impl Chat {
    /// Whether tokens of apps are accepted, so that callers of apps may come.
    pub fn has_apps(&self) -> bool {
        self.0.keys.has_apps()
    }

    /// The app of a token: by the app's name in the configuration, and by the token's issuer, which
    /// is empty if the token has none. The first issuer is the app's own; each other one is another
    /// app, as two issuers may have the same ids for different people. Unless the configuration names
    /// the issuers: then there is one app for all of them.
    pub(crate) async fn app_of_issuer(&self, configured_as: &str, issuer: &str) -> Result<AppId> {
        let key = (configured_as.to_owned(), issuer.to_owned());
        if let Some(id) = self.0.apps.ids.get(&key).await {
            return Ok(id);
        }
        let id = self.find_or_create_app(configured_as, Some(issuer)).await?;
        self.0.apps.ids.insert(key, id).await;
        Ok(id)
    }

    /// The apps as they are configured.
    pub fn app_configs(&self) -> impl Iterator<Item = &AppConfig> {
        self.0.keys.app_configs()
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

    /// As `find_or_create`, in a transaction of its own.
    pub(crate) async fn find_or_create_app(
        &self,
        configured_as: &str,
        issuer: Option<&str>,
    ) -> Result<AppId> {
        let mut tx = self.begin().await?;
        let id = find_or_create(&mut tx, &self.0.keys, configured_as, issuer).await?;
        tx.commit().await?;
        Ok(id)
    }
}

/// The app that the configuration calls so, or that is to be called so. Without an issuer, any app of the
/// configuration's name will do. Issuers that the configuration has named together are one app, which
/// stays the same when one of them is added or removed. An app whose tokens were without an issuer gets
/// the one that the configuration has since.
pub(crate) async fn find_or_create(
    db: &mut PgConnection,
    keys: &Keys,
    configured_as: &str,
    issuer: Option<&str>,
) -> Result<AppId> {
    // Names are given out under the lock, which ends with the transaction.
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('apps', 0))")
        .execute(&mut *db)
        .await?;
    let issuers = keys.issuers_of(configured_as);
    let known = sqlx::query_scalar!(
        "update apps a set issuer = case when exists (
                select from apps o where o.configured_as = $1 and o.issuer = $2 and o.id <> a.id
            ) then a.issuer else coalesce($2, a.issuer) end,
            issuers = case when $3::text[] = '{}' then issuers else array(
                select distinct it from unnest(issuers || $3::text[]) as it) end
        where id = (
            select id from apps
            where configured_as = $1 and ($2::text is null or issuer = $2 or issuer is null
                or ($3::text[] <> '{}'
                    and (issuer = '' or issuer = any($3::text[]) or issuers && $3::text[])))
            order by case when $3::text[] = '{}' then issuer is not distinct from $2
                else issuer <> '' end desc nulls last, name = $1 desc, id
            limit 1
        ) returning id",
        configured_as,
        issuer,
        issuers
    )
    .fetch_optional(&mut *db)
    .await?;
    match known {
        Some(id) => Ok(AppId(id)),
        None => create(db, keys, configured_as, issuer).await,
    }
}

/// Creates an app under the name of the configuration, or, if it is another one of that name, with a
/// number. The name of a configured app is nobody else's: one that had it before gets a number, too.
async fn create(
    db: &mut PgConnection,
    keys: &Keys,
    configured_as: &str,
    issuer: Option<&str>,
) -> Result<AppId> {
    let configured: Vec<_> = keys.app_names().map(str::to_owned).collect();
    let renamed = sqlx::query_scalar!(
        "update apps a set name = (
            select candidate from (
                select left(a.configured_as, 27) || '-' || n as candidate, n
                from generate_series(2, 9999) n
            ) c where not exists (select from apps where name = candidate)
                and candidate <> all($2::text[])
            order by n limit 1
        ) where a.name = $1 and a.configured_as <> $1 and $1 = any($2::text[]) returning a.name",
        configured_as,
        &configured
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(name) = renamed {
        tracing::warn!(%configured_as, %name, "another app had the name, and has a new one");
    }
    let id = sqlx::query_scalar!(
        "insert into apps (name, configured_as, issuer, issuers)
        select candidate, $1, $2, $4 from (
            select $1::text as candidate, 1 as n
            union all select left($1, 27) || '-' || n, n from generate_series(2, 9999) n
        ) c where not exists (select from apps where name = candidate)
            and (n = 1 or candidate <> all($3::text[]))
        order by n limit 1
        returning id",
        configured_as,
        issuer,
        &configured,
        keys.issuers_of(configured_as)
    )
    .fetch_one(db)
    .await?;
    Ok(AppId(id))
}
