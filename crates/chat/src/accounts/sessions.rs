//! Sessions: one per sign-in and device, listed and revoked by their user.

use super::{Authenticated, BAD_TOKEN, BLOCKED, Client, auth_error, keys};
use crate::{Caller, Chat, Delivery, Error, Result};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use model::{Session, SessionId, SignedIn, User, UserId, UserRole};
use sha2::{Digest, Sha256};
use sqlx::PgExecutor;
use time::{Duration, OffsetDateTime};

/// A session that nobody uses ends after this time.
const LIFETIME: Duration = Duration::days(60);

/// What a browser's cookie holds.
#[derive(Clone)]
pub struct BrowserSession {
    pub secret: String,
    pub expires_at: OffsetDateTime,
}

impl Chat {
    /// Opens a session of a program: access token and refresh token.
    pub async fn issue_tokens(&self, who: Authenticated, client: &Client) -> Result<SignedIn> {
        let (refresh_token, hash) = secret();
        let mut tx = self.0.db.begin().await?;
        let session_id = open(&mut *tx, who.0.id, None, client).await?;
        keep_refresh_token(&mut *tx, session_id, &hash).await?;
        tx.commit().await?;
        self.signed_in(who.0, session_id, refresh_token)
    }

    /// Opens a session of a browser, which holds it in a cookie.
    pub async fn issue_cookie(
        &self,
        who: &Authenticated,
        client: &Client,
    ) -> Result<BrowserSession> {
        let (secret, hash) = secret();
        open(&self.0.db, who.0.id, Some(&hash), client).await?;
        Ok(BrowserSession {
            secret,
            expires_at: OffsetDateTime::now_utc() + LIFETIME,
        })
    }

    /// The next pair of tokens; the old refresh token dies, and its reuse ends the session.
    pub async fn refresh(&self, refresh_token: &str) -> Result<SignedIn> {
        let hash = hash(refresh_token);
        let mut tx = self.0.db.begin().await?;
        let token = sqlx::query!(
            "select t.session_id, t.used_at, s.user_id, s.revoked_at, u.blocked_at
            from refresh_tokens t join sessions s on s.id = t.session_id
            join users u on u.id = s.user_id
            where t.token_hash = $1 and s.expires_at > now()
            for update of t, s",
            &hash[..]
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(BAD_TOKEN)?;
        admit(token.revoked_at, token.blocked_at)?;
        let session_id = SessionId(token.session_id);
        if token.used_at.is_some() {
            revoke(&mut *tx, UserId(token.user_id), session_id).await?;
            tx.commit().await?;
            tracing::warn!(%session_id, "a refresh token came back: its session is ended");
            self.0
                .events
                .publish(Delivery::DisconnectSession(session_id));
            return Err(BAD_TOKEN);
        }
        let (next, next_hash) = secret();
        sqlx::query!(
            "update refresh_tokens set used_at = now() where token_hash = $1",
            &hash[..]
        )
        .execute(&mut *tx)
        .await?;
        keep_refresh_token(&mut *tx, session_id, &next_hash).await?;
        sqlx::query!(
            "update sessions set last_used_at = now(), expires_at = $2 where id = $1",
            session_id.0,
            OffsetDateTime::now_utc() + LIFETIME
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        let user = self.find_user(UserId(token.user_id)).await?;
        self.signed_in(user, session_id, next)
    }

    /// Who an access token speaks for: one of ours, or of a foreign issuer that holds our keys.
    pub async fn authenticate(&self, access_token: &str) -> Result<Caller> {
        let (caller, _) = self.authenticate_subject(access_token).await?;
        Ok(caller)
    }

    /// The same, and the user's id as the token names it: with a foreign issuer, none of ours.
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
                .ok_or(BAD_TOKEN)?;
                admit(row.revoked_at, row.blocked_at)?;
                Ok(Caller {
                    user_id,
                    session_id: Some(session_id),
                    role: user_role(&row.role),
                })
            }
            keys::Subject::Local(user_id) => self.sessionless(user_id).await,
            keys::Subject::External(user) => {
                let user_id = self.foreign_user(user).await?;
                self.sessionless(user_id).await
            }
        }
    }

    /// Who a browser's cookie speaks for.
    pub async fn authenticate_cookie(&self, secret: &str) -> Result<Caller> {
        let row = sqlx::query!(
            "select s.id, s.user_id, s.last_used_at, u.role
            from sessions s join users u on u.id = s.user_id
            where s.cookie_hash = $1 and s.revoked_at is null and s.expires_at > now()
                and u.blocked_at is null",
            &hash(secret)[..]
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::Unauthenticated("Sign in first."))?;
        if OffsetDateTime::now_utc() - row.last_used_at > Duration::minutes(10) {
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
            role: user_role(&row.role),
        })
    }

    /// Ends the caller's own session.
    pub async fn logout(&self, caller: &Caller) -> Result<()> {
        match caller.session_id {
            Some(id) => self.revoke_session(caller, id).await,
            None => Err(Error::Conflict(
                "This token was made elsewhere: it has no session here.",
            )),
        }
    }

    /// The caller's sessions, the most recently used first.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>> {
        let rows = sqlx::query!(
            "select id, user_agent, address, created_at, last_used_at from sessions
            where user_id = $1 and revoked_at is null and expires_at > now()
            order by last_used_at desc, id desc limit 100",
            caller.user_id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        let sessions = rows.into_iter().map(|row| Session {
            id: SessionId(row.id),
            current: caller.session_id == Some(SessionId(row.id)),
            user_agent: row.user_agent,
            address: row.address,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        });
        Ok(sessions.collect())
    }

    /// Its tokens and its sockets end at once.
    pub async fn revoke_session(&self, caller: &Caller, id: SessionId) -> Result<()> {
        if !revoke(&self.0.db, caller.user_id, id).await? {
            return Err(Error::NotFound("session"));
        }
        self.0.events.publish(Delivery::DisconnectSession(id));
        Ok(())
    }

    async fn sessionless(&self, user_id: UserId) -> Result<Caller> {
        let row = sqlx::query!(
            "select role, blocked_at from users where id = $1",
            user_id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::Unauthenticated(auth_error::UNKNOWN_USER))?;
        admit(None, row.blocked_at)?;
        Ok(Caller {
            user_id,
            session_id: None,
            role: user_role(&row.role),
        })
    }

    fn signed_in(
        &self,
        user: User,
        session_id: SessionId,
        refresh_token: String,
    ) -> Result<SignedIn> {
        Ok(SignedIn {
            access_token: self.0.keys.sign(user.id, session_id)?,
            user,
            refresh_token,
            expires_in: keys::ACCESS_TOKEN_SECONDS,
        })
    }
}

/// Who is blocked hears of that, and not that their session has ended by it.
fn admit(revoked_at: Option<OffsetDateTime>, blocked_at: Option<OffsetDateTime>) -> Result<()> {
    match (revoked_at, blocked_at) {
        (_, Some(_)) => Err(BLOCKED),
        (Some(_), None) => Err(BAD_TOKEN),
        (None, None) => Ok(()),
    }
}

async fn open(
    db: impl PgExecutor<'_>,
    user_id: UserId,
    cookie_hash: Option<&[u8]>,
    client: &Client,
) -> Result<SessionId> {
    let user_agent = client.user_agent.as_deref();
    let user_agent = user_agent.map(|it| it.chars().take(300).collect::<String>());
    let id = sqlx::query_scalar!(
        "insert into sessions (user_id, cookie_hash, user_agent, address, expires_at)
        values ($1, $2, $3, $4, $5) returning id",
        user_id.0,
        cookie_hash,
        user_agent,
        client.address.map(|it| it.to_string()),
        OffsetDateTime::now_utc() + LIFETIME
    )
    .fetch_one(db)
    .await?;
    Ok(SessionId(id))
}

async fn keep_refresh_token(
    db: impl PgExecutor<'_>,
    session_id: SessionId,
    hash: &[u8],
) -> Result<()> {
    sqlx::query!(
        "insert into refresh_tokens (token_hash, session_id) values ($1, $2)",
        hash,
        session_id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether there was such a session to end.
async fn revoke(db: impl PgExecutor<'_>, user_id: UserId, id: SessionId) -> Result<bool> {
    let done = sqlx::query!(
        "update sessions set revoked_at = now()
        where id = $1 and user_id = $2 and revoked_at is null",
        id.0,
        user_id.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A new secret, and what the database keeps of it.
fn secret() -> (String, [u8; 32]) {
    let secret = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let hash = hash(&secret);
    (secret, hash)
}

/// Our secrets are random and long: a fast hash is enough to make a stolen table useless.
fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

pub(crate) fn user_role(role: &str) -> UserRole {
    if role == "admin" {
        UserRole::Admin
    } else {
        UserRole::Member
    }
}
