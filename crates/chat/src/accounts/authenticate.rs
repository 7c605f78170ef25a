//! Authentication: the caller of an access token or of a session cookie.

use super::{
    auth_error::{self, ACCOUNT_BLOCKED, INVALID_TOKEN},
    keys,
    pending_caller::PendingCaller,
    role::parse_user_role,
    secrets::hash_secret,
    sessions::{BrowserSession, seconds},
};
use crate::{
    Caller, Chat, Error, Result,
    apps::{ExternalId, Told},
};
use model::{AppId, SessionId, UserId, UserRole};
use time::{Duration, OffsetDateTime};

/// `last_used_at` of a session is behind by this time at most, so that not every request
/// writes.
pub(super) const LAST_USED_RESOLUTION: Duration = Duration::minutes(10);

/// A caller, and what their credentials say beyond that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    pub caller: Caller,
    /// The user's id as the token has it: with an external issuer that system's, not ours. Empty for a
    /// session cookie.
    pub subject: String,
    /// The claim `exp` of a token that was made elsewhere, in seconds. `None` for one without, and for
    /// our own: an access token of ours is short, and what it opens lasts as long as its session.
    pub expires_at: Option<i64>,
    /// Whether the token itself says which role the caller has, whatever the database has.
    pub is_role_fixed: bool,
}

impl From<Caller> for Authentication {
    fn from(caller: Caller) -> Self {
        Self {
            caller,
            subject: String::new(),
            expires_at: None,
            is_role_fixed: false,
        }
    }
}

impl Chat {
    /// The caller of an access token at the main address, which we or an issuer of any app have signed.
    pub async fn authenticate(&self, access_token: &str) -> Result<Caller> {
        self.authenticate_at(None, access_token).await
    }

    /// The caller of an access token at the door of a contract: ours, or of an app that has this door.
    pub async fn authenticate_at(&self, door: Option<&str>, access_token: &str) -> Result<Caller> {
        let authentication = self.authenticate_token(door, access_token).await?;
        Ok(authentication.caller)
    }

    /// The caller of an access token at the main address, who may owe a second factor.
    pub async fn authenticate_pending(&self, access_token: &str) -> Result<PendingCaller> {
        let verified = self.0.keys.verify(None, access_token).await?;
        self.caller_of(verified.subject).await
    }

    /// The same as `authenticate_at`, with what else the token says.
    ///
    /// # Errors
    /// `Unauthenticated`; `Forbidden` for a blocked user; `TwoFactorSetupRequired`.
    pub async fn authenticate_token(
        &self,
        door: Option<&str>,
        access_token: &str,
    ) -> Result<Authentication> {
        let verified = self.0.keys.verify(door, access_token).await?;
        let is_role_fixed = matches!(
            verified.subject,
            keys::Subject::Local { is_admin: true, .. }
        );
        Ok(Authentication {
            caller: self.caller_of(verified.subject).await?.ready()?,
            subject: verified.id,
            expires_at: verified.expires_at,
            is_role_fixed,
        })
    }

    /// Tokens that were made elsewhere owe no second factor: whoever signs them has checked who it is.
    async fn caller_of(&self, subject: keys::Subject) -> Result<PendingCaller> {
        let caller = match subject {
            keys::Subject::Session(user_id, session_id) => {
                let row = sqlx::query!(
                    r#"select u.role, u.blocked_at, s.revoked_at,
                        s.identity_id is null and owes_two_factor(u, $3) as "owes!"
                    from sessions s join users u on u.id = s.user_id
                    where s.id = $1 and s.user_id = $2 and s.expires_at > now()"#,
                    session_id.0,
                    user_id.0,
                    self.two_factor_demand()
                )
                .fetch_optional(&self.0.db)
                .await?
                .ok_or(INVALID_TOKEN)?;
                check_not_revoked(row.revoked_at, row.blocked_at)?;
                let caller = Caller {
                    user_id,
                    session_id: Some(session_id),
                    role: parse_user_role(&row.role),
                    app_id: None,
                    grant: None,
                    origin: crate::Origin::default(),
                };
                return Ok(PendingCaller::new(caller, row.owes));
            }
            keys::Subject::Local { user_id, is_admin } => {
                let caller = self.caller_without_session(user_id).await?;
                let role = if is_admin {
                    UserRole::Admin
                } else {
                    caller.role
                };
                Caller { role, ..caller }
            }
            keys::Subject::External(user) => {
                let app_id = self.app_of_user(&user).await?;
                let id = ExternalId::parse(&user.subject).ok_or(INVALID_TOKEN)?;
                self.app_caller(app_id, &id, &user.told(&id)).await?
            }
        };
        Ok(PendingCaller::new(caller, false))
    }

    pub(crate) async fn app_of_user(&self, user: &keys::ExternalUser) -> Result<AppId> {
        self.app_of_issuer(&user.app, &user.issuer).await
    }

    /// The caller of a session cookie.
    pub async fn authenticate_cookie(&self, secret: &str) -> Result<Caller> {
        let (caller, _) = self.use_cookie(secret).await?;
        caller.ready()
    }

    /// The same for a page, which can set the cookie anew, of a caller who may owe a second factor.
    pub async fn renew_cookie(&self, secret: &str) -> Result<(PendingCaller, BrowserSession)> {
        let (caller, created_at) = self.use_cookie(secret).await?;
        let timings = &self.0.timings.sessions;
        Ok((caller, BrowserSession::new(secret, created_at, timings)))
    }

    /// Returns the caller, and when they signed in. From each use on, the session lasts for the idle
    /// timeout again.
    async fn use_cookie(&self, secret: &str) -> Result<(PendingCaller, OffsetDateTime)> {
        let row = sqlx::query!(
            r#"select s.id, s.user_id, s.created_at, s.last_used_at, u.role,
                s.identity_id is null and owes_two_factor(u, $2) as "owes!"
            from sessions s join users u on u.id = s.user_id
            where s.cookie_hash = $1 and s.revoked_at is null and s.expires_at > now()
                and u.blocked_at is null"#,
            &hash_secret(secret)[..],
            self.two_factor_demand()
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::Unauthenticated("Sign in first."))?;
        if OffsetDateTime::now_utc() - row.last_used_at > LAST_USED_RESOLUTION {
            self.extend_sessions(&[row.id]).await?;
        }
        let caller = Caller {
            user_id: UserId(row.user_id),
            session_id: Some(SessionId(row.id)),
            role: parse_user_role(&row.role),
            app_id: None,
            grant: None,
            origin: crate::Origin::default(),
        };
        Ok((PendingCaller::new(caller, row.owes), row.created_at))
    }

    /// Notes that these sessions are in use, so that they end one idle timeout from now. A token for programs ends when
    /// it was to end.
    pub(super) async fn extend_sessions(&self, ids: &[i64]) -> Result<()> {
        let (idle, max_age) = seconds(&self.0.timings.sessions);
        sqlx::query!(
            "update sessions set last_used_at = now(), expires_at = case when is_token then expires_at
                else least(
                    now() + make_interval(secs => $2), created_at + make_interval(secs => $3)) end
            where id = any($1) and revoked_at is null and expires_at > now()",
            ids,
            idle,
            max_age
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
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
            grant: None,
            origin: crate::Origin::default(),
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
