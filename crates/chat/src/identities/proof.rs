//! A fresh proof of the caller, asked for before the ways change by which they sign in.

use crate::{Caller, Chat, Error, Result, accounts::Client};
use model::IdentityProof;

/// Minutes for which a sign-in is a proof, of somebody without a password.
const FRESH_MINUTES: i32 = 10;

const NOT_FRESH: Error = Error::Conflict(
    "Sign out and in again first: for this you must have signed in within the last 10 minutes.",
);

impl Chat {
    /// Checks the password, or that an account without one has signed in a short time ago; and a code, where the account
    /// has two-factor authentication.
    ///
    /// # Errors
    /// Those of `check_own_password`; `Conflict` for a session that is too old; `Invalid` for a wrong code.
    pub(super) async fn require_fresh_proof(
        &self,
        caller: &Caller,
        proof: IdentityProof,
        client: &Client,
    ) -> Result<()> {
        if self.has_password(caller).await? {
            self.check_own_password(caller, proof.current_password, client)
                .await?;
        } else if !self.is_fresh(caller).await? {
            return Err(NOT_FRESH);
        }
        if self.two_factor(caller).await?.enabled_at.is_some() {
            let tx = self.prove_code(caller, &proof.code, client).await?;
            tx.commit().await?;
        }
        Ok(())
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
}
