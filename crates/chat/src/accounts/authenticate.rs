//! Authentication: the caller of an access token or of a session cookie.

use super::{
    auth_error::{self, ACCOUNT_BLOCKED, INVALID_TOKEN},
    keys,
    role::parse_user_role,
    secrets::hash_secret,
};
use crate::{
    Caller, Chat, Error, Result,
    apps::{DEFAULT_APP, ExternalId},
};
use model::{AppId, SessionId, UserId};
use time::{Duration, OffsetDateTime};

/// `last_used_at` of a browser's session is behind by this time at most, so that not every request
/// writes.
const LAST_USED_RESOLUTION: Duration = Duration::minutes(10);

impl Chat {
    /// The caller of an access token, which we or an external issuer with our keys have signed.
    pub async fn authenticate(&self, access_token: &str) -> Result<Caller> {
        let (caller, _) = self.authenticate_subject(access_token).await?;
        Ok(caller)
    }

    /// The same, with the user's id as the token has it. With an external issuer it is that system's
    /// id, not ours.
    pub async fn authenticate_subject(&self, access_token: &str) -> Result<(Caller, String)> {
        let (subject, id) = self.0.keys.verify(access_token)?;
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
            keys::Subject::Local(user_id) => self.caller_without_session(user_id, None).await,
            keys::Subject::External(user) => {
                let app_id = self.app_of_issuer(DEFAULT_APP, &user.issuer).await?;
                let id = ExternalId::parse(&user.subject).ok_or(INVALID_TOKEN)?;
                let user_id = self
                    .find_or_create_app_user(app_id, &id, Some(&user.profile))
                    .await?;
                self.caller_without_session(user_id, Some(app_id)).await
            }
        }
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

    /// The caller of a token that was made elsewhere.
    async fn caller_without_session(
        &self,
        user_id: UserId,
        app_id: Option<AppId>,
    ) -> Result<Caller> {
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
            app_id,
        })
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
