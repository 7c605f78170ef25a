//! Sessions: one per sign-in, which its user lists and revokes.

use super::{
    auth_error::WRONG_PASSWORD,
    client::{Authenticated, Client, CodeShown},
    keys,
    secrets::new_secret,
};
use crate::{
    Caller, Chat, Delivery, Error, Result, audit::NewEntry, page, timings::SessionTimings,
};
use model::{AuditAction, Page, PageRequest, Session, SessionId, SignedIn, User, UserId};
use sqlx::{PgConnection, PgExecutor};
use std::time::Duration;
use time::OffsetDateTime;

/// Sessions of a user. With one more, the one that was not used for the longest time ends.
const MAX_SESSIONS: i64 = 1000;

/// How long a browser keeps the cookie: the longest time that browsers allow (RFC 6265bis, 5.5). Each
/// page sets it anew. The server decides how long the session lasts; the cookie of a tab that stays open
/// must not end before it.
const COOKIE_LIFETIME: Duration = Duration::from_hours(400 * 24);

/// The value of a session cookie, and when the browser may forget it.
#[derive(Clone)]
pub struct BrowserSession {
    pub secret: String,
    pub expires_at: OffsetDateTime,
}

impl BrowserSession {
    pub(super) fn new(secret: &str, created_at: OffsetDateTime, timings: &SessionTimings) -> Self {
        let kept_until = OffsetDateTime::now_utc() + COOKIE_LIFETIME;
        let ends_at = timings
            .max_age
            .and_then(|age| created_at.checked_add(age.try_into().ok()?));
        Self {
            secret: secret.to_owned(),
            expires_at: ends_at.map_or(kept_until, |it| it.min(kept_until)),
        }
    }
}

impl Chat {
    /// Opens the session of a program: an access token for 15 minutes, and a refresh token.
    pub async fn issue_tokens(&self, who: Authenticated, client: &Client) -> Result<SignedIn> {
        let (refresh_token, hash) = new_secret();
        let mut tx = self.begin().await?;
        let timings = &self.0.timings.sessions;
        let session_id = insert_session(&mut tx, &who, None, client, timings).await?;
        insert_refresh_token(&mut *tx, session_id, &hash).await?;
        // A program that signs in again from where it is known has no cookie to show.
        if who.is_new_network {
            self.queue_sign_in_note(&mut tx, &who, client).await?;
        }
        tx.commit().await?;
        self.0.emails.wake();
        self.end_surplus_sessions(who.user.id).await?;
        let owes = self.owes_two_factor(&who).await?;
        let signed_in = self.signed_in(who.user, session_id, refresh_token)?;
        Ok(SignedIn {
            two_factor_setup_required: owes,
            ..signed_in
        })
    }

    /// Opens the session of a browser, which keeps it in a cookie.
    pub async fn issue_cookie(
        &self,
        who: &Authenticated,
        client: &Client,
    ) -> Result<BrowserSession> {
        let (secret, hash) = new_secret();
        let timings = &self.0.timings.sessions;
        let mut tx = self.begin().await?;
        insert_session(&mut tx, who, Some(&hash), client, timings).await?;
        self.queue_sign_in_note(&mut tx, who, client).await?;
        tx.commit().await?;
        self.0.emails.wake();
        self.end_surplus_sessions(who.user.id).await?;
        let now = OffsetDateTime::now_utc();
        Ok(BrowserSession::new(&secret, now, timings))
    }

    /// Revokes the caller's own session. `Conflict` for a caller without one.
    pub async fn logout(&self, caller: &Caller) -> Result<()> {
        match caller.session_id {
            Some(id) => self.revoke_session(caller, id).await,
            None => Err(NO_SESSION),
        }
    }

    /// A page of the caller's sessions, the newest sign-in first: use does not move them.
    pub async fn sessions(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Session>> {
        let limit = page::limit(page.limit)?;
        let before = page::numbers(page.cursor.as_deref())?.map_or(i64::MAX, |[id]| id);
        let rows = sqlx::query!(
            r#"select s.id, s.user_agent, s.address, s.created_at, s.last_used_at, i.issuer as "issuer?"
            from sessions s left join identities i on i.id = s.identity_id
            where s.user_id = $1 and not s.is_token and s.revoked_at is null and s.expires_at > now() and s.id < $2
            order by s.id desc limit $3"#,
            caller.user_id.0,
            before,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let sessions = rows.into_iter().map(|row| Session {
            id: SessionId(row.id),
            current: caller.session_id == Some(SessionId(row.id)),
            provider: row.issuer.map(|issuer| self.0.providers.label(issuer)),
            user_agent: row.user_agent,
            address: row.address,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        });
        let cursor = |session: &Session| session.id.to_string();
        Ok(page::cut(sessions.collect(), limit, cursor))
    }

    /// Ends a session of the caller: its tokens or its cookie are refused from now on, and its
    /// sockets are disconnected.
    pub async fn revoke_session(&self, caller: &Caller, id: SessionId) -> Result<()> {
        caller.require_person()?;
        let mut tx = self.begin().await?;
        if !revoke(&mut *tx, caller.user_id, id, false).await? {
            return Err(Error::NotFound("session"));
        }
        let action = if caller.session_id == Some(id) {
            AuditAction::SessionSignedOut
        } else {
            AuditAction::SessionEnded
        };
        let entry = NewEntry::by(caller, action).in_session(id);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        self.0.bus.publish(Delivery::DisconnectSession(id));
        Ok(())
    }

    /// Ends all sessions of the caller but the one of the request. `Conflict` for a caller without one.
    pub async fn revoke_other_sessions(&self, caller: &Caller) -> Result<()> {
        caller.require_person()?;
        let own = caller.session_id.ok_or(NO_SESSION)?;
        let mut tx = self.begin().await?;
        let has_devices = sqlx::query_scalar!(
            r#"select exists (select from remembered_devices where user_id = $1) as "has_devices!""#,
            caller.user_id.0
        )
        .fetch_one(&mut *tx)
        .await?;
        let ended = revoke_others(&mut *tx, caller.user_id, Some(own)).await?;
        // Whoever has no other session, and no device, does nothing, however often.
        if has_devices || !ended.is_empty() {
            NewEntry::by(caller, AuditAction::SessionOthersEnded)
                .with("sessions", ended.len())
                .write(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        self.publish_ended(ended);
        Ok(())
    }

    async fn end_surplus_sessions(&self, user_id: UserId) -> Result<()> {
        let ended = sqlx::query_scalar!(
            "update sessions set revoked_at = now() where revoked_at is null and id in (
                select id from sessions
                where user_id = $1 and not is_token and revoked_at is null and expires_at > now()
                order by last_used_at desc, id desc offset $2
            ) returning id",
            user_id.0,
            MAX_SESSIONS
        )
        .fetch_all(&self.0.db)
        .await?;
        self.publish_ended(ended);
        Ok(())
    }

    pub(crate) fn publish_ended(&self, ids: Vec<i64>) {
        for id in ids {
            let ended = Delivery::DisconnectSession(SessionId(id));
            self.0.bus.publish(ended);
        }
    }

    pub(super) fn signed_in(
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
            two_factor_setup_required: false,
            device_token: None,
        })
    }
}

const NO_SESSION: Error = Error::Conflict("This token was made elsewhere: it has no session here.");

/// The idle timeout and the greatest age in seconds, as the queries take them.
pub(super) fn seconds(timings: &SessionTimings) -> (f64, Option<f64>) {
    let max_age = timings.max_age.map(|it| it.as_secs_f64());
    (timings.idle_timeout.as_secs_f64(), max_age)
}

/// Holds the user's row, so that whoever changes the password or blocks the user either is seen here, or sees the
/// session and revokes it.
///
/// # Errors
/// `WRONG_PASSWORD` where that has happened since the password was looked at.
async fn insert_session(
    tx: &mut PgConnection,
    who: &Authenticated,
    cookie_hash: Option<&[u8]>,
    client: &Client,
    timings: &SessionTimings,
) -> Result<SessionId> {
    let user_agent = client.user_agent.as_deref();
    let user_agent = user_agent.map(|it| it.chars().take(300).collect::<String>());
    let (idle, max_age) = seconds(timings);
    let id = sqlx::query_scalar!(
        "with owner as (
            select id from users
            where id = $1 and credentials_version = $7 and blocked_at is null for share
        )
        insert into sessions (user_id, cookie_hash, user_agent, address, expires_at, identity_id, provider_session)
        select id, $2, $3, $4, now() + make_interval(secs => least($5::float8, $6::float8)), $8, $9
        from owner returning id",
        who.user.id.0,
        cookie_hash,
        user_agent,
        client.address.map(|it| it.to_string()),
        idle,
        max_age,
        who.credentials_version,
        who.by.as_ref().map(|by| by.identity_id),
        who.by.as_ref().and_then(|by| by.provider_session.as_deref())
    )
    .fetch_optional(&mut *tx)
    .await?;
    let id = id.map(SessionId).ok_or(WRONG_PASSWORD)?;
    let (is_browser, is_provider) = (cookie_hash.is_some(), who.by.is_some());
    let entry = NewEntry::by_client(who.user.id, client, AuditAction::SessionStarted)
        .in_session(id)
        .with("client", if is_browser { "browser" } else { "program" })
        .with("method", if is_provider { "provider" } else { "password" });
    let entry = match who.code {
        Some(CodeShown::Now) => entry.with("code", "shown"),
        Some(CodeShown::ByDevice) => entry.with("code", "device"),
        None => entry,
    };
    entry.write(tx).await?;
    Ok(id)
}

pub(super) async fn insert_refresh_token(
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

/// Revokes all sessions of a user, and their tokens for programs; or all but the one that is kept, and but the tokens. No
/// device is remembered any more.
/// Returns their ids.
pub(crate) async fn revoke_others(
    db: impl PgExecutor<'_>,
    user_id: UserId,
    kept: Option<SessionId>,
) -> Result<Vec<i64>> {
    let ended = sqlx::query_scalar!(
        "with forgotten as (delete from remembered_devices where user_id = $1)
        update sessions set revoked_at = now()
        where user_id = $1 and id is distinct from $2 and revoked_at is null
            and not (is_token and $2 is not null)
        returning id",
        user_id.0,
        kept.map(|id| id.0)
    )
    .fetch_all(db)
    .await?;
    Ok(ended)
}

/// Returns whether the user had such a session, or such a token for programs, that was not revoked.
pub(super) async fn revoke(
    db: impl PgExecutor<'_>,
    user_id: UserId,
    id: SessionId,
    is_token: bool,
) -> Result<bool> {
    let done = sqlx::query!(
        "update sessions set revoked_at = now()
        where id = $1 and user_id = $2 and is_token = $3 and revoked_at is null",
        id.0,
        user_id.0,
        is_token
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
