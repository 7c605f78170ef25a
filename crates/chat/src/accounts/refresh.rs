//! Refreshing: a refresh token is exchanged for its successor and a new access token.

use super::{
    auth_error::INVALID_TOKEN,
    authenticate::check_not_revoked,
    secrets::{hash_secret, new_successor_key, successor},
    sessions::{insert_refresh_token, revoke, seconds},
};
use crate::{Chat, Delivery, Error, Result, audit::NewEntry};
use model::{AuditAction, SessionId, SignedIn, UserId};
use sqlx::{PgConnection, PgExecutor};

/// A refresh token as the database has it, with its session. Both rows are locked.
struct RefreshToken {
    hash: [u8; 32],
    session_id: SessionId,
    user_id: UserId,
    is_used: bool,
    /// Whether it was first used within the grace.
    is_in_grace: bool,
    successor_key: Option<Vec<u8>>,
}

impl Chat {
    /// Exchanges a refresh token for new tokens. A second use within the grace gets the same successor,
    /// as long as nobody has used that: two tabs refresh at once, or an answer was lost. Any other reuse
    /// revokes the session, as RFC 9700, 4.14.2 recommends: either the client or a thief has used it
    /// before.
    ///
    /// # Errors
    /// `Unauthenticated`; `Forbidden` for a blocked user; `TwoFactorSetupRequired` for one who owes a second factor, after
    /// which the refresh token is as good as before.
    pub async fn refresh(&self, refresh_token: &str) -> Result<SignedIn> {
        let mut tx = self.begin().await?;
        let token = self.lock_refresh_token(&mut tx, refresh_token).await?;
        let next = if token.is_used {
            token.successor_again(&mut *tx, refresh_token).await?
        } else {
            Some(token.use_up(&mut tx, refresh_token).await?)
        };
        let (user_id, session_id) = (token.user_id, token.session_id);
        let Some(next) = next else {
            revoke(&mut *tx, user_id, session_id, false).await?;
            NewEntry::by_server(AuditAction::SessionReused)
                .on(user_id)
                .in_session(session_id)
                .write(&mut *tx)
                .await?;
            tx.commit().await?;
            tracing::warn!(%session_id, "a refresh token was used twice: its session is revoked");
            self.0.bus.publish(Delivery::DisconnectSession(session_id));
            return Err(INVALID_TOKEN);
        };
        let (idle, max_age) = seconds(&self.0.timings.sessions);
        sqlx::query!(
            "update sessions set last_used_at = now(), expires_at = least(
                now() + make_interval(secs => $2), created_at + make_interval(secs => $3))
            where id = $1",
            session_id.0,
            idle,
            max_age
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        let user = self.find_user(user_id).await?;
        self.signed_in(user, session_id, next)
    }

    async fn lock_refresh_token(
        &self,
        db: &mut PgConnection,
        refresh_token: &str,
    ) -> Result<RefreshToken> {
        let hash = hash_secret(refresh_token);
        let row = sqlx::query!(
            r#"select t.session_id, t.used_at is not null as "is_used!", t.successor_key,
                coalesce(t.used_at > now() - make_interval(secs => $2), false) as "is_in_grace!",
                s.user_id, s.revoked_at, u.blocked_at,
                s.identity_id is null and owes_two_factor(u, $3) as "owes!"
            from refresh_tokens t join sessions s on s.id = t.session_id
            join users u on u.id = s.user_id
            where t.token_hash = $1 and s.expires_at > now()
            for update of t, s"#,
            &hash[..],
            self.0.timings.sessions.refresh_grace.as_secs_f64(),
            self.two_factor_demand()
        )
        .fetch_optional(db)
        .await?
        .ok_or(INVALID_TOKEN)?;
        check_not_revoked(row.revoked_at, row.blocked_at)?;
        if row.owes {
            return Err(Error::TwoFactorSetupRequired);
        }
        Ok(RefreshToken {
            hash,
            session_id: SessionId(row.session_id),
            user_id: UserId(row.user_id),
            is_used: row.is_used,
            is_in_grace: row.is_in_grace,
            successor_key: row.successor_key,
        })
    }
}

impl RefreshToken {
    /// Marks the token as used, and makes its successor.
    async fn use_up(&self, db: &mut PgConnection, refresh_token: &str) -> Result<String> {
        let key = new_successor_key();
        let next = successor(refresh_token, &key)?;
        sqlx::query!(
            "update refresh_tokens set used_at = now(), successor_key = $2 where token_hash = $1",
            &self.hash[..],
            &key[..]
        )
        .execute(&mut *db)
        .await?;
        insert_refresh_token(db, self.session_id, &hash_secret(&next)).await?;
        Ok(next)
    }

    /// The successor that the first use has got; `None` after the grace, or once that was used.
    async fn successor_again(
        &self,
        db: impl PgExecutor<'_>,
        refresh_token: &str,
    ) -> Result<Option<String>> {
        let Some(key) = self.successor_key.as_deref().filter(|_| self.is_in_grace) else {
            return Ok(None);
        };
        let next = successor(refresh_token, key)?;
        let is_unused = sqlx::query_scalar!(
            r#"select used_at is null as "is_unused!" from refresh_tokens where token_hash = $1"#,
            &hash_secret(&next)[..]
        )
        .fetch_optional(db)
        .await?;
        Ok((is_unused == Some(true)).then_some(next))
    }
}
