//! Authentication: the caller of an access token or of a session cookie.

use super::{
    auth_error::{self, ACCOUNT_BLOCKED, INVALID_TOKEN},
    keys,
    role::parse_user_role,
    secrets::hash_secret,
};
use crate::{
    Caller, Chat, Error, Result,
    apps::{ExternalId, Told},
};
use model::{AppId, SessionId, UserId, UserRole};
use time::{Duration, OffsetDateTime};

/// `last_used_at` of a browser's session is behind by this time at most, so that not every request
/// writes.
const LAST_USED_RESOLUTION: Duration = Duration::minutes(10);

impl Chat {
    /// The caller of an access token at the main address, which we or an issuer of any app have signed.
    pub async fn authenticate(&self, access_token: &str) -> Result<Caller> {
        let (caller, _) = self.authenticate_subject_at(None, access_token).await?;
        Ok(caller)
    }

    /// The caller of an access token at the door of a contract: ours, or of an app that has this door.
    pub async fn authenticate_at(&self, door: Option<&str>, access_token: &str) -> Result<Caller> {
        let (caller, _) = self.authenticate_subject_at(door, access_token).await?;
        Ok(caller)
    }

    /// The same, with the user's id as the token has it. With an external issuer it is that system's
    /// id, not ours.
    pub async fn authenticate_subject_at(
        &self,
        door: Option<&str>,
        access_token: &str,
    ) -> Result<(Caller, String)> {
        let (subject, id) = self.0.keys.verify(door, access_token).await?;
        Ok((self.caller_of(subject).await?, id))
    }

    async fn caller_of(&self, subject: keys::Subject) -> Result<Caller> {
        match subject {
            keys::Subject::Session(user_id, session_id) => {
                let row = sqlx::query!(
                    "select u.role, u.blocked_at, s.revoked_at
                    from sessions s join users u on u.id = s.user_id
                    where s.id = $1 and s.user_id = $2 and s.expires_at > now()",
                    session_id.0,
                    user_id.0
                )
                .fetch_optional(&self.0.db)
                .await?
                .ok_or(INVALID_TOKEN)?;
                check_not_revoked(row.revoked_at, row.blocked_at)?;
                Ok(Caller {
                    user_id,
                    session_id: Some(session_id),
                    role: parse_user_role(&row.role),
                    app_id: None,
                })
            }
            keys::Subject::Local { user_id, is_admin } => {
                let caller = self.caller_without_session(user_id).await?;
                let role = if is_admin {
                    UserRole::Admin
                } else {
                    caller.role
                };
                Ok(Caller { role, ..caller })
            }
            keys::Subject::External(user) => {
                let app_id = self.app_of_user(&user).await?;
                let id = ExternalId::parse(&user.subject).ok_or(INVALID_TOKEN)?;
                self.app_caller(app_id, &id, &user.told(&id)).await
            }
        }
    }

    pub(crate) async fn app_of_user(&self, user: &keys::ExternalUser) -> Result<AppId> {
        self.app_of_issuer(&user.app, &user.issuer).await
    }

    /// The caller of a session cookie.
    pub async fn authenticate_cookie(&self, secret: &str) -> Result<Caller> {
        let row = sqlx::query!(
            "select s.id, s.user_id, s.last_used_at, u.role
            from sessions s join users u on u.id = s.user_id
            where s.cookie_hash = $1 and s.revoked_at is null and s.expires_at > now()
                and u.blocked_at is null",
            &hash_secret(secret)[..]
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::Unauthenticated("Sign in first."))?;
        if OffsetDateTime::now_utc() - row.last_used_at > LAST_USED_RESOLUTION {
            sqlx::query!(
                "update sessions set last_used_at = now() where id = $1",
                row.id
            )
            .execute(&self.0.db)
            .await?;
        }
        Ok(Caller {
            user_id: UserId(row.user_id),
            session_id: Some(SessionId(row.id)),
            role: parse_user_role(&row.role),
            app_id: None,
        })
    }

    /// The caller of a token that was made elsewhere, with an id of ours.
    async fn caller_without_session(&self, user_id: UserId) -> Result<Caller> {
        let row = sqlx::query!(
            "select role, blocked_at from users where id = $1",
            user_id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::Unauthenticated(auth_error::UNKNOWN_USER))?;
        check_not_revoked(None, row.blocked_at)?;
        Ok(Caller {
            user_id,
            session_id: None,
            role: parse_user_role(&row.role),
            app_id: None,
        })
    }
}

impl keys::ExternalUser {
    /// What the token says about its user.
    pub(crate) fn told(&self, id: &ExternalId) -> Told {
        Told {
            profile: self.profile.clone().cleaned(id),
            is_admin: self.is_admin,
            at: self.told_at,
        }
    }
}

/// Blocking a user also revokes their sessions: a blocked user gets `BLOCKED` as the reason, not
/// `INVALID_TOKEN`.
pub fn check_not_revoked(
    revoked_at: Option<OffsetDateTime>,
    blocked_at: Option<OffsetDateTime>,
) -> Result<()> {
    match (revoked_at, blocked_at) {
        (_, Some(_)) => Err(ACCOUNT_BLOCKED),
        (Some(_), None) => Err(INVALID_TOKEN),
        (None, None) => Ok(()),
    }
}
