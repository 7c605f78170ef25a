//! Whether passwords count, and the password of the caller, asked for once more before something that a stolen
//! session must not do.

use super::{client::Client, hash_queue::Bearer, passwords};
use crate::{
    Caller, Chat, Error, Result,
    audit::RefusalReason,
    rate_limit::wrong_guesses::{Account, Familiarity},
};

/// A password of somebody who signs in with a provider only.
const PASSWORDS_OFF: Error = Error::Forbidden("Passwords are off here. Sign in with a provider.");

/// Minutes for which a sign-in is a proof, of somebody without a password.
const FRESH_MINUTES: i32 = 10;

const NOT_FRESH: Error = Error::Conflict(
    "Sign out and in again first: for this you must have signed in within the last 10 minutes.",
);

impl Chat {
    /// Checks the field `currentPassword`; of an account without a password, that it has signed in a short time ago.
    ///
    /// # Errors
    /// Those of `check_own_password`; `Conflict` for a session that is too old, and for none.
    pub(crate) async fn prove_themself(
        &self,
        caller: &Caller,
        password: String,
        client: &Client,
    ) -> Result<()> {
        caller.require_person()?;
        if self.has_password(caller).await? {
            self.check_own_password(caller, password, client).await?;
            return Ok(());
        }
        if self.is_fresh(caller).await? {
            Ok(())
        } else {
            Err(NOT_FRESH)
        }
    }

    /// Whether the caller signs in with a password, too.
    pub async fn has_password(&self, caller: &Caller) -> Result<bool> {
        let has_one = sqlx::query_scalar!(
            r#"select password_hash is not null as "has_one!" from users where id = $1"#,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(has_one && self.takes_passwords())
    }

    async fn is_fresh(&self, caller: &Caller) -> Result<bool> {
        let is_fresh = sqlx::query_scalar!(
            r#"select created_at > now() - make_interval(mins => $3) as "is_fresh!" from sessions
            where id = $1 and user_id = $2"#,
            caller.session_id.map(|id| id.0),
            caller.user_id.0,
            FRESH_MINUTES
        )
        .fetch_optional(&self.0.db)
        .await?;
        Ok(is_fresh == Some(true))
    }

    /// That people sign in with passwords.
    ///
    /// # Errors
    /// `Forbidden` otherwise.
    pub(crate) fn require_passwords(&self) -> Result<()> {
        if self.takes_passwords() {
            Ok(())
        } else {
            Err(PASSWORDS_OFF)
        }
    }

    /// That somebody may make links to choose a password. The operator's are the way in where a provider is away.
    ///
    /// # Errors
    /// `Forbidden` for others, where passwords are off.
    pub(crate) fn require_passwords_of(&self, caller: &Caller) -> Result<()> {
        if caller.user_id == Caller::OPERATOR.user_id {
            Ok(())
        } else {
            self.require_passwords()
        }
    }

    /// Checks the field `currentPassword`, and returns the hash of the password.
    ///
    /// # Errors
    /// `Forbidden` for a token for programs; `Invalid` for a wrong one; `Conflict` for an account without a password;
    /// `TooManyRequests` after too many wrong ones.
    pub(super) async fn check_own_password(
        &self,
        caller: &Caller,
        password: String,
        client: &Client,
    ) -> Result<String> {
        caller.require_person()?;
        let hash = sqlx::query_scalar!(
            "select password_hash from users where id = $1",
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        let Some(hash) = hash else {
            return Err(Error::Conflict(
                "This account has no password. Ask an administrator for a link to choose one.",
            ));
        };
        // Somebody at the user's own place may guess, too.
        let account = Account::Known(caller.user_id);
        let attempt = self
            .count_password(&account, client.address, &Familiarity::Network)
            .await
            .inspect_err(|error| {
                let id = Some(caller.user_id);
                self.0.refusals.note_limit(error, id, client);
            })?;
        let bearer = Bearer::Known(caller.user_id);
        let verified = passwords::verify(password, Some(hash.clone()), bearer).await;
        if !matches!(&verified, Ok(it) if !it.is_right) {
            self.forgive(attempt).await;
        }
        if verified?.is_right {
            Ok(hash)
        } else {
            let reason = RefusalReason::CurrentPassword;
            self.0.refusals.note(reason, Some(caller.user_id), client);
            Err(Error::invalid("currentPassword", "is wrong"))
        }
    }
}
