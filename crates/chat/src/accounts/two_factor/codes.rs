//! Using a code: of the authenticator app, or a recovery code.

use super::{recovery_codes, totp};
use crate::{Chat, Error, Result, accounts::client::Client, audit::NewEntry};
use model::{AuditAction, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

impl Chat {
    /// Uses a code of the user, in a transaction that the caller commits if something comes of it. Holds the user's
    /// factor, so that of two who use a code at once, one finds it. Returns whether it is good: it is not for a user
    /// without a second factor.
    pub(super) async fn use_code(
        &self,
        db: &mut PgConnection,
        user_id: UserId,
        typed: &str,
    ) -> Result<bool> {
        let factor = sqlx::query!(
            "select secret, last_step from two_factors where user_id = $1 for update",
            user_id.0
        )
        .fetch_optional(&mut *db)
        .await?;
        let Some(factor) = factor else {
            return Ok(false);
        };
        let code = without_spaces(typed);
        if !is_of_app(&code) {
            let is_good = recovery_codes::spend(db, user_id, &code).await?;
            if is_good {
                // From where, the entry of what the code was for says.
                let action = AuditAction::TwoFactorRecoveryUsed;
                let entry = NewEntry::by_client(user_id, &Client::default(), action);
                entry.write(db).await?;
            }
            return Ok(is_good);
        }
        let Some(secret) = self.two_factor_secret(user_id, &factor.secret)? else {
            return Ok(false);
        };
        let Some(step) = totp::matching_step(&secret, &code, now(), factor.last_step) else {
            return Ok(false);
        };
        sqlx::query!(
            "update two_factors set last_step = $2 where user_id = $1",
            user_id.0,
            step
        )
        .execute(db)
        .await?;
        Ok(true)
    }

    /// The secret of a user's app. `None`, and a line in the log, where the server's secret has changed since.
    pub(super) fn two_factor_secret(
        &self,
        user_id: UserId,
        encrypted: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        let secret = self.0.keys.two_factor_key().decrypt(user_id, encrypted)?;
        if secret.is_none() {
            tracing::error!(user = %user_id, "the secret of an authenticator app was encrypted with another JWT_SECRET");
        }
        Ok(secret)
    }
}

/// The error of a code that is not good.
pub(super) fn wrong_code() -> Error {
    Error::invalid("code", "is wrong, or was used before")
}

/// The time, in seconds since 1970.
pub(super) fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// A code without the spaces and hyphens with which it is shown.
pub(super) fn without_spaces(typed: &str) -> String {
    let is_shown = |c: &char| !(c.is_whitespace() || *c == '-');
    typed.chars().filter(is_shown).collect()
}

fn is_of_app(code: &str) -> bool {
    code.len() == totp::DIGITS && code.bytes().all(|byte| byte.is_ascii_digit())
}
