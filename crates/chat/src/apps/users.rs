//! The users of apps: found by external id, and created when a token or another user names them.

use super::{
    deleted::deleted_keys,
    external_id::ExternalId,
    profile::{AppProfile, with_random_suffix},
    role_entry,
    told_at::ToldAt,
};
use crate::{Chat, Error, Result, accounts::auth_error::ENDED};
use model::{AppId, UserId, UserRole};
use sqlx::{PgExecutor, Postgres, Transaction, types::Json};
use std::collections::HashMap;

/// What a token says about its user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// As `AppProfile::cleaned` returns it.
    pub profile: AppProfile,
    pub is_admin: bool,
    pub at: ToldAt,
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

    /// Those of the users that exist, in one query.
    pub(super) async fn load_app_users(
        &self,
        app_id: AppId,
        ids: impl Iterator<Item = ExternalId>,
    ) -> Result<HashMap<ExternalId, UserId>> {
        let ids: Vec<_> = ids.collect();
        let ids: Vec<_> = ids.iter().collect();
        find_users(&self.0.db, app_id, &ids).await
    }

    /// The user of an app, created if nobody has named them before: by a token, which brings a
    /// profile, or by another user, which makes a placeholder that the first token takes over.
    ///
    /// # Errors
    /// For somebody whose account was deleted: `Unauthenticated` with their own token, `NotFound` otherwise.
    pub(crate) async fn find_or_create_app_user(
        &self,
        app_id: AppId,
        id: &ExternalId,
        told: Option<&Told>,
    ) -> Result<UserId> {
        if let Some(user_id) = self.find_app_user(app_id, id).await? {
            return Ok(user_id);
        }
        let mut tx = self.begin().await?;
        // A directory that creates many users at once waits for this one, and this one for it.
        sqlx::query!(
            "select pg_advisory_xact_lock_shared(hashtextextended('app_users' || chr(10) || $1::bigint, 0))",
            app_id.0
        )
        .execute(&mut *tx)
        .await?;
        // The lock keeps two concurrent first requests from creating two users.
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended($1::bigint || chr(10) || $2, 0))",
            app_id.0,
            &id.key()
        )
        .execute(&mut *tx)
        .await?;
        if let Some(user_id) = find(&mut *tx, app_id, id).await? {
            return Ok(user_id);
        }
        if !deleted_keys(&mut *tx, app_id, std::iter::once(id))
            .await?
            .is_empty()
        {
            return Err(match told {
                Some(_) => Error::Unauthenticated(ENDED),
                None => Error::NotFound("user"),
            });
        }
        let user_id = create(&mut tx, app_id, id, told).await?;
        tx.commit().await?;
        Ok(user_id)
    }
}

/// Those of the users that exist.
pub(super) async fn find_users(
    db: impl PgExecutor<'_>,
    app_id: AppId,
    ids: &[&ExternalId],
) -> Result<HashMap<ExternalId, UserId>> {
    let keys: Vec<_> = ids.iter().map(|id| id.key().into_owned()).collect();
    let spellings: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query!(
        "select external_id, user_id from app_users where app_id = $1 and external_key = any($2)
        -- Of two users with two spellings of one id, the one who is spelled alike comes last, and counts.
        order by external_id = any($3)",
        app_id.0,
        &keys,
        &spellings
    )
    .fetch_all(db)
    .await?;
    let users = rows
        .into_iter()
        .filter_map(|row| Some((ExternalId::parse(&row.external_id)?, UserId(row.user_id))));
    Ok(users.collect())
}

/// Prefers the id as it is spelled to another spelling.
async fn find(db: impl PgExecutor<'_>, app_id: AppId, id: &ExternalId) -> Result<Option<UserId>> {
    let found = sqlx::query_scalar!(
        "select user_id from app_users where app_id = $1 and external_key = $2
        order by external_id = $3 desc limit 1",
        app_id.0,
        &id.key(),
        id.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(UserId))
}

/// Attempts to find a username that nobody takes at the same time. Only the first one is for the username
/// that the app gives: the others have a suffix that nobody can foresee, and so take before.
const MAX_ATTEMPTS: i32 = 5;

async fn create(
    tx: &mut Transaction<'_, Postgres>,
    app_id: AppId,
    id: &ExternalId,
    told: Option<&Told>,
) -> Result<UserId> {
    let default = AppProfile::default();
    let shown = told.map_or(&default, |it| &it.profile).shown(app_id, id);
    let is_admin = told.is_some_and(|it| it.is_admin);
    let mut created = None;
    for attempt in 0..MAX_ATTEMPTS {
        created = sqlx::query_scalar!(
            // A taken e-mail address is left out: it does not prove that the two are one user. `on
            // conflict` waits for others who take the same username or address at this moment.
            "insert into users (username, name, email, avatar_url, role)
            select candidate, $2,
                (select $3::text where $6::int < 2
                    and not exists (select from users where email_key(email) = email_key($3))),
                $4, case when $7 then 'admin' else 'member' end
            from (
                select $1::text as candidate, 0 as rank where $6 = 0
                union all select $5::text, 1
            ) c where not exists (select from users where username = candidate)
            order by rank limit 1
            on conflict do nothing
            returning id",
            shown.username,
            shown.name,
            shown.email,
            shown.avatar_url,
            with_random_suffix(&shown.username),
            attempt,
            is_admin
        )
        .fetch_optional(&mut **tx)
        .await?;
        if created.is_some() {
            break;
        }
    }
    let user_id = created.ok_or_else(|| Error::internal("no username is free"))?;
    sqlx::query!(
        "insert into app_users (app_id, external_id, user_id, first_token_at, profile, told_at,
            told_exp, admin_by_claim)
        values ($1, $2, $3, case when $8 then now() end, $5, $6, $7, $4)",
        app_id.0,
        id.as_str(),
        user_id,
        is_admin,
        told.map(|it| Json(&it.profile)) as _,
        told.and_then(|it| it.at.issued()),
        told.and_then(|it| it.at.expires()),
        told.is_some()
    )
    .execute(&mut **tx)
    .await?;
    let user_id = UserId(user_id);
    if is_admin {
        let entry = role_entry::by_token(app_id, user_id, UserRole::Admin);
        entry.write(&mut **tx).await?;
    }
    Ok(user_id)
}
