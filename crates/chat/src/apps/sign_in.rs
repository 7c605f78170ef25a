//! The user of an app's token: found or created, and kept up with what the app says about them.

use super::{
    external_id::ExternalId,
    profile::{AppProfile, Shown, has_username_from, with_random_suffix},
    role_entry,
    told_at::ToldAt,
    users::Told,
};
use crate::{
    Caller, Chat, Error, Result,
    accounts::{
        auth_error::{ACCOUNT_BLOCKED, ENDED, UNKNOWN_USER},
        role::{parse_user_role, role_text},
    },
};
use model::{AppId, UserId, UserRole};
use sqlx::{PgExecutor, types::Json};

/// A user of an app as the database has them.
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
struct AppUser {
    /// As the app spelled it first.
    id: ExternalId,
    user_id: UserId,
    role: UserRole,
    is_blocked: bool,
    is_ended: bool,
    has_signed_in: bool,
    has_password: bool,
    name: String,
    username: String,
    email: Option<String>,
    avatar_url: Option<String>,
    /// What the app said last; `None` before the first.
    profile: Option<AppProfile>,
    /// The latest `iat`, and the latest `exp` of tokens without one.
    told_at: Option<i64>,
    told_exp: Option<i64>,
    admin_by_claim: bool,
}

impl Chat {
    /// The caller of a verified token of an app.
    pub(crate) async fn app_caller(
        &self,
        app_id: AppId,
        id: &ExternalId,
        told: &Told,
    ) -> Result<Caller> {
        let mut found = find(&self.0.db, app_id, id).await?;
        if found.is_none() {
            self.find_or_create_app_user(app_id, id, Some(told)).await?;
            found = find(&self.0.db, app_id, id).await?;
        }
        let user = found.ok_or(Error::Unauthenticated(UNKNOWN_USER))?;
        if user.is_blocked {
            return Err(ACCOUNT_BLOCKED);
        }
        if user.is_ended {
            return Err(Error::Unauthenticated(ENDED));
        }
        let role = if user.is_behind(told) {
            self.follow(app_id, id, told).await?
        } else {
            user.role
        };
        Ok(Caller {
            user_id: user.user_id,
            session_id: None,
            role,
            app_id: Some(app_id),
            grant: None,
            origin: crate::Origin::default(),
        })
    }

    /// Changes the user as the app says. A username or e-mail address that somebody takes at the same
    /// time is left alone.
    async fn follow(&self, app_id: AppId, id: &ExternalId, told: &Told) -> Result<UserRole> {
        let followed = match self.try_follow(app_id, id, told, true).await {
            Err(Error::Internal(_)) => self.try_follow(app_id, id, told, false).await?,
            other => other?,
        };
        let (user_id, role) = followed;
        self.announce_users(&[user_id]).await;
        Ok(role)
    }

    async fn try_follow(
        &self,
        app_id: AppId,
        id: &ExternalId,
        told: &Told,
        with_unique: bool,
    ) -> Result<(UserId, UserRole)> {
        let mut tx = self.begin().await?;
        // Of two tokens at the same time, the second sees what the first has changed.
        sqlx::query!(
            "select from app_users where app_id = $1 and external_key = $2 for update",
            app_id.0,
            &id.key()
        )
        .execute(&mut *tx)
        .await?;
        let user = find(&mut *tx, app_id, id)
            .await?
            .ok_or(Error::Unauthenticated(UNKNOWN_USER))?;
        if !user.is_behind(told) {
            return Ok((user.user_id, user.role));
        }
        // As the app spelled it first: it may make a name up.
        let id = &user.id;
        let told_before = user.profile.clone().unwrap_or_default();
        let before = told_before.shown(app_id, id);
        let (profile, role) = if user.is_older_than(told) {
            (told.profile.clone().over(told_before), user.role_by(told))
        } else {
            (told_before, user.role)
        };
        let after = user.changes(&before, profile.shown(app_id, id));
        let username = after.username.filter(|_| with_unique);
        sqlx::query!(
            "update users set
                name = coalesce($2, name),
                avatar_url = coalesce($3, avatar_url),
                role = $4,
                email = coalesce((select $5::text where not exists (
                    select from users o where email_key(o.email) = email_key($5) and o.id <> $1)), email),
                username = coalesce((
                    select candidate from (
                        select $6::text as candidate, 0 as rank union all select $7, 1
                    ) c where not exists (
                        select from users o where o.username = candidate and o.id <> $1)
                    order by rank limit 1
                ), username)
            where id = $1",
            user.user_id.0,
            after.name,
            after.avatar_url,
            role_text(role),
            after.email.filter(|_| with_unique),
            username,
            username.as_deref().map(with_random_suffix)
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "update app_users set first_token_at = coalesce(first_token_at, now()), profile = $3,
                told_at = greatest(told_at, $4), told_exp = greatest(told_exp, $5),
                admin_by_claim = $6
            where app_id = $1 and external_id = $2",
            app_id.0,
            id.as_str(),
            Json(&profile) as _,
            told.at.issued(),
            told.at.expires(),
            user.admin_by_claim_after(told)
        )
        .execute(&mut *tx)
        .await?;
        if role != user.role {
            let entry = role_entry::by_token(app_id, user.user_id, role);
            entry.write(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok((user.user_id, role))
    }
}

/// The columns of a user that change; `None` for those that stay.
struct Changes {
    name: Option<String>,
    username: Option<String>,
    email: Option<String>,
    avatar_url: Option<String>,
}

impl AppUser {
    /// What changes when the app says something else. What it says first replaces only what came from a
    /// placeholder: the user may have been somebody before, with a name of their own. Who signs in with a
    /// password keeps the username and the e-mail address, by which they do it.
    fn changes(&self, before: &Shown, after: Shown) -> Changes {
        let is_first = self.profile.is_none();
        let is_free = |now: &Option<String>| !is_first || now.is_none();
        Changes {
            name: Some(after.name)
                .filter(|it| *it != before.name && (!is_first || self.name == before.name)),
            username: Some(after.username).filter(|it| {
                *it != before.username && !self.has_password && self.is_called(before)
            }),
            email: after.email.filter(|it| {
                Some(it) != before.email.as_ref() && !self.has_password && is_free(&self.email)
            }),
            avatar_url: after
                .avatar_url
                .filter(|it| Some(it) != before.avatar_url.as_ref() && is_free(&self.avatar_url)),
        }
    }

    /// Whether the username is the one that follows from the profile, with or without the addition of one
    /// that was taken.
    fn is_called(&self, shown: &Shown) -> bool {
        has_username_from(&self.username, &shown.username)
    }

    /// Whether the token says something new, or is the first one.
    fn is_behind(&self, told: &Told) -> bool {
        let says_more = || {
            let before = self.profile.clone().unwrap_or_default();
            self.profile.is_none() || told.profile.clone().over(before.clone()) != before
        };
        !self.has_signed_in
            || (self.is_older_than(told)
                && (self.role_by(told) != self.role
                    || self.admin_by_claim_after(told) != self.admin_by_claim
                    || says_more()))
    }

    /// Tokens with an older claim are still about, and change nothing back. Tokens that have no time at
    /// all count as they come. The time of a token without `iat` says nothing about tokens that have one:
    /// it is that of the end, which may be years away.
    fn is_older_than(&self, told: &Told) -> bool {
        match told.at {
            ToldAt::Issued(at) => self.told_at.is_none_or(|it| it < at),
            ToldAt::Expires(at) => self.told_exp.is_none_or(|it| it < at),
            ToldAt::Unknown => true,
        }
    }

    /// An administrator who became one otherwise stays one.
    fn role_by(&self, told: &Told) -> UserRole {
        match (told.is_admin, self.admin_by_claim) {
            (true, _) => UserRole::Admin,
            (false, true) => UserRole::Member,
            (false, false) => self.role,
        }
    }

    fn admin_by_claim_after(&self, told: &Told) -> bool {
        if !self.is_older_than(told) {
            return self.admin_by_claim;
        }
        told.is_admin && (self.admin_by_claim || self.role != UserRole::Admin)
    }
}

async fn find(db: impl PgExecutor<'_>, app_id: AppId, id: &ExternalId) -> Result<Option<AppUser>> {
    let row = sqlx::query!(
        r#"select a.external_id, a.user_id, u.role, u.blocked_at is not null as "is_blocked!",
            a.ended_at is not null as "is_ended!", a.first_token_at is not null as "has_signed_in!",
            u.password_hash is not null as "has_password!", u.name, u.username, u.email, u.avatar_url,
            a.profile as "profile: Json<AppProfile>", a.told_at, a.told_exp, a.admin_by_claim
        from app_users a join users u on u.id = a.user_id
        where a.app_id = $1 and a.external_key = $2
        order by a.external_id = $3 desc limit 1"#,
        app_id.0,
        &id.key(),
        id.as_str()
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| AppUser {
        id: ExternalId::parse(&row.external_id).unwrap_or_else(|| id.clone()),
        user_id: UserId(row.user_id),
        role: parse_user_role(&row.role),
        is_blocked: row.is_blocked,
        is_ended: row.is_ended,
        has_signed_in: row.has_signed_in,
        has_password: row.has_password,
        name: row.name,
        username: row.username,
        email: row.email,
        avatar_url: row.avatar_url,
        profile: row.profile.map(|Json(it)| it),
        told_at: row.told_at,
        told_exp: row.told_exp,
        admin_by_claim: row.admin_by_claim,
    }))
}
