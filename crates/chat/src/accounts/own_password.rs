//! The password of the caller, asked for once more before something that a stolen session must not do.

use super::{client::Client, hash_queue::Bearer, passwords};
use crate::{
    Caller, Chat, Error, Result,
    rate_limit::wrong_guesses::{Account, Familiarity},
};

impl Chat {
    /// Checks the field `currentPassword`, and returns the hash of the password.
    ///
    /// # Errors
    /// `Forbidden` for a token for programs; `Invalid` for a wrong one; `Conflict` for an account without a password; `TooManyRequests` after too many
    /// wrong ones.
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
            .await?;
        let bearer = Bearer::Known(caller.user_id);
        let verified = passwords::verify(password, Some(hash.clone()), bearer).await;
        if !matches!(&verified, Ok(it) if !it.is_right) {
            self.forgive(attempt).await;
        }
        if verified?.is_right {
            Ok(hash)
        } else {
            Err(Error::invalid("currentPassword", "is wrong"))
        }
    }
}
