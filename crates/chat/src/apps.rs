//! Apps: other systems whose users are users here, by ids of their own.

pub(crate) mod external_id;
mod resolve;
pub(crate) mod state;
pub(crate) mod users;

pub use external_id::{ExternalId, IdKind};
pub use users::AppProfile;

use crate::{Chat, Result};
use model::AppId;

/// The name of the app that the environment configures.
pub const DEFAULT_APP: &str = "app";

impl Chat {
    /// Whether tokens of apps are accepted, so that callers of apps may come.
    pub fn has_apps(&self) -> bool {
        self.0.keys.has_apps()
    }

    /// The app of a token: by the app's name in the configuration, and by the token's issuer, which
    /// is empty if the token has none. The first issuer is the app's own; each other one is another
    /// app, as two issuers may have the same ids for different people.
    pub(crate) async fn app_of_issuer(&self, configured_as: &str, issuer: &str) -> Result<AppId> {
        let key = (configured_as.to_owned(), issuer.to_owned());
        if let Some(id) = self.0.apps.ids.get(&key).await {
            return Ok(id);
        }
        let mut tx = self.0.db.begin().await?;
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended('apps' || chr(10) || $1, 0))",
            configured_as
        )
        .execute(&mut *tx)
        .await?;
        let known = sqlx::query_scalar!(
            "update apps set issuer = $2 where id = (
                select id from apps
                where configured_as = $1 and (issuer = $2 or issuer is null)
                order by issuer nulls last limit 1
            ) returning id",
            configured_as,
            issuer
        )
        .fetch_optional(&mut *tx)
        .await?;
        let id = match known {
            Some(id) => id,
            None => {
                sqlx::query_scalar!(
                    "insert into apps (name, configured_as, issuer)
                    select case count(*) when 0 then $1 else $1 || '-' || count(*) + 1 end, $1, $2
                    from apps where configured_as = $1
                    returning id",
                    configured_as,
                    issuer
                )
                .fetch_one(&mut *tx)
                .await?
            }
        };
        tx.commit().await?;
        self.0.apps.ids.insert(key, AppId(id)).await;
        Ok(AppId(id))
    }
}
