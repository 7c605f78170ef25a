//! Sessions: one per sign-in, which its user lists and revokes.

use super::{
    auth_error::INVALID_TOKEN,
    authenticate::check_not_revoked,
    client::{Authenticated, Client},
    keys,
    secrets::{hash_secret, new_secret},
};
use crate::{Caller, Chat, Delivery, Error, Result};
use model::{Session, SessionId, SignedIn, User, UserId};
use sqlx::PgExecutor;
use time::{Duration, OffsetDateTime};

/// From the sign-in to the end of a session. Each refresh of a program's tokens begins the time
/// anew; nothing does for a browser's session, so a browser is signed out 60 days after it signed
/// in, used or not.
const SESSION_LIFETIME: Duration = Duration::days(60);

/// The value of a session cookie, and when the session ends.
#[derive(Clone)]
pub struct BrowserSession {
    pub secret: String,
    pub expires_at: OffsetDateTime,
}

impl Chat {
    /// Opens the session of a program: an access token for 15 minutes, and a refresh token.
    pub async fn issue_tokens(&self, who: Authenticated, client: &Client) -> Result<SignedIn> {
        let (refresh_token, hash) = new_secret();
        let mut tx = self.0.db.begin().await?;
        let session_id = insert_session(&mut *tx, who.0.id, None, client).await?;
        insert_refresh_token(&mut *tx, session_id, &hash).await?;
        tx.commit().await?;
        self.signed_in(who.0, session_id, refresh_token)
    }

    /// Opens the session of a browser, which keeps it in a cookie.
    pub async fn issue_cookie(
        &self,
        who: &Authenticated,
        client: &Client,
    ) -> Result<BrowserSession> {
        let (secret, hash) = new_secret();
        insert_session(&self.0.db, who.0.id, Some(&hash), client).await?;
        Ok(BrowserSession {
            secret,
            expires_at: OffsetDateTime::now_utc() + SESSION_LIFETIME,
        })
    }

    /// Exchanges a refresh token for new tokens; it is good once. Its reuse revokes the session, as
    /// RFC 9700, 4.14.2 recommends: either the client or a thief has used it before.
    pub async fn refresh(&self, refresh_token: &str) -> Result<SignedIn> {
        let hash = hash_secret(refresh_token);
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
        .ok_or(INVALID_TOKEN)?;
        check_not_revoked(token.revoked_at, token.blocked_at)?;
        let session_id = SessionId(token.session_id);
        if token.used_at.is_some() {
            revoke(&mut *tx, UserId(token.user_id), session_id).await?;
            tx.commit().await?;
            tracing::warn!(%session_id, "a refresh token was used twice: its session is revoked");
            self.0.bus.publish(Delivery::DisconnectSession(session_id));
            return Err(INVALID_TOKEN);
        }
        let (next, next_hash) = new_secret();
        sqlx::query!(
            "update refresh_tokens set used_at = now() where token_hash = $1",
            &hash[..]
        )
        .execute(&mut *tx)
        .await?;
        insert_refresh_token(&mut *tx, session_id, &next_hash).await?;
        sqlx::query!(
            "update sessions set last_used_at = now(), expires_at = $2 where id = $1",
            session_id.0,
            OffsetDateTime::now_utc() + SESSION_LIFETIME
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        let user = self.find_user(UserId(token.user_id)).await?;
        self.signed_in(user, session_id, next)
    }

    /// Revokes the caller's own session. `Conflict` for a caller without one.
    pub async fn logout(&self, caller: &Caller) -> Result<()> {
        match caller.session_id {
            Some(id) => self.revoke_session(caller, id).await,
            None => Err(Error::Conflict(
                "This token was made elsewhere: it has no session here.",
            )),
        }
    }

    /// The caller's sessions, the most recently used first, at most 100.
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

    /// Ends a session of the caller: its tokens or its cookie are refused from now on, and its
    /// sockets are disconnected.
    pub async fn revoke_session(&self, caller: &Caller, id: SessionId) -> Result<()> {
        if !revoke(&self.0.db, caller.user_id, id).await? {
            return Err(Error::NotFound("session"));
        }
        self.0.bus.publish(Delivery::DisconnectSession(id));
        Ok(())
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

async fn insert_session(
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
        OffsetDateTime::now_utc() + SESSION_LIFETIME
    )
    .fetch_one(db)
    .await?;
    Ok(SessionId(id))
}

async fn insert_refresh_token(
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

/// Returns whether the user had such a session that was not revoked.
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
