//! The users of apps: found by external id, and created when a token or another user names them.

use super::external_id::ExternalId;
use crate::{Chat, Error, Result};
use model::{AppId, UserId};
use sqlx::{PgExecutor, Postgres, Transaction};

/// A user as the claims of a token or a directory describe them.
#[derive(Clone, Debug, Default)]
pub struct AppProfile {
    pub name: Option<String>,
    pub username: Option<String>,
    pub email: Option<String>,
    pub avatar_url: Option<String>,
}

impl Chat {
    /// The user of an app, if there is one.
    pub async fn find_app_user(&self, app_id: AppId, id: &ExternalId) -> Result<Option<UserId>> {
        let key = (app_id, id.clone());
        if let Some(user_id) = self.0.apps.users.get(&key).await {
            return Ok(Some(user_id));
        }
        let found = find(&self.0.db, app_id, id).await?;
        if let Some(user_id) = found {
            self.0.apps.users.insert(key, user_id).await;
        }
        Ok(found)
    }

    /// Loads those of the users that exist into the cache, in one query.
    pub(super) async fn cache_app_users(
        &self,
        app_id: AppId,
        ids: impl Iterator<Item = ExternalId>,
    ) -> Result<()> {
        let ids: Vec<_> = ids.map(|id| id.to_string()).collect();
        let found = sqlx::query!(
            "select external_id, user_id from app_users
            where app_id = $1 and external_id = any($2)",
            app_id.0,
            &ids
        )
        .fetch_all(&self.0.db)
        .await?;
        for row in found {
            if let Some(id) = ExternalId::parse(&row.external_id) {
                let user_id = UserId(row.user_id);
                self.0.apps.users.insert((app_id, id), user_id).await;
            }
        }
        Ok(())
    }

    /// The user of an app, created if nobody has named them before: by a token, which brings a
    /// profile, or by another user, which makes a placeholder that the first token takes over.
    pub(crate) async fn find_or_create_app_user(
        &self,
        app_id: AppId,
        id: &ExternalId,
        profile: Option<&AppProfile>,
    ) -> Result<UserId> {
        if let Some(user_id) = self.find_app_user(app_id, id).await? {
            return Ok(user_id);
        }
        let mut tx = self.0.db.begin().await?;
        // The lock keeps two concurrent first requests from creating two users.
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended($1::bigint || chr(10) || $2, 0))",
            app_id.0,
            id.as_str()
        )
        .execute(&mut *tx)
        .await?;
        if let Some(user_id) = find(&mut *tx, app_id, id).await? {
            return Ok(user_id);
        }
        let user_id = create(&mut tx, app_id, id, profile).await?;
        tx.commit().await?;
        Ok(user_id)
    }
}

async fn find(db: impl PgExecutor<'_>, app_id: AppId, id: &ExternalId) -> Result<Option<UserId>> {
    let found = sqlx::query_scalar!(
        "select user_id from app_users where app_id = $1 and external_id = $2",
        app_id.0,
        id.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(UserId))
}

async fn create(
    tx: &mut Transaction<'_, Postgres>,
    app_id: AppId,
    id: &ExternalId,
    profile: Option<&AppProfile>,
) -> Result<UserId> {
    let default = AppProfile::default();
    let shown = profile.unwrap_or(&default);
    let user_id = sqlx::query_scalar!(
        // A taken e-mail address is left out: it does not prove that the two are one user.
        "insert into users (username, name, email, avatar_url)
        select (
            select candidate from (
                select $1::text as candidate, 0 as rank
                union all select left($1, 20) || '-' || substr(md5($5::bigint || chr(10) || $6), 1, 8), 1
            ) c where not exists (select from users where username = candidate)
            order by rank limit 1
        ), $2,
        (select $3::text where char_length($3) between 3 and 254
            and not exists (select from users where lower(email) = lower($3))),
        (select $4::text where char_length($4) <= 2000 and $4 like 'https://%')
        returning id",
        username(shown),
        name(shown, id),
        shown.email,
        shown.avatar_url,
        app_id.0,
        id.as_str()
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into app_users (app_id, external_id, user_id, first_token_at)
        values ($1, $2, $3, case when $4 then now() end)",
        app_id.0,
        id.as_str(),
        user_id,
        profile.is_some()
    )
    .execute(&mut **tx)
    .await
    .map_err(Error::from)?;
    Ok(UserId(user_id))
}

/// A name for people.
fn name(profile: &AppProfile, id: &ExternalId) -> String {
    let name = profile.name.as_deref().map(str::trim);
    let name = name.filter(|it| !it.is_empty());
    let name = name.or(profile.username.as_deref()).unwrap_or(id.as_str());
    name.chars().take(80).collect()
}

/// A username that the constraint `users_username_format` accepts: made from the external username,
/// the local part of the e-mail address, or the name.
fn username(profile: &AppProfile) -> String {
    let local_part = profile
        .email
        .as_deref()
        .and_then(|email| email.split('@').next());
    let source = profile
        .username
        .as_deref()
        .or(local_part)
        .or(profile.name.as_deref());
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(*c);
    let name: String = source
        .unwrap_or_default()
        .to_lowercase()
        .chars()
        .filter(allowed)
        .skip_while(|c| !c.is_ascii_alphanumeric())
        .take(32)
        .collect();
    if name.len() >= 2 {
        name
    } else {
        "user".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{AppProfile, username};

    #[test]
    fn usernames_fit_the_constraint() {
        let of = |name: &str| {
            username(&AppProfile {
                username: Some(name.to_owned()),
                ..Default::default()
            })
        };
        assert_eq!(of("Ada.Lovelace"), "ada.lovelace");
        assert_eq!(of("-_x y!z"), "xyz");
        assert_eq!(of("Ада"), "user");
        assert_eq!(of(&"a".repeat(50)).len(), 32);
    }
}
