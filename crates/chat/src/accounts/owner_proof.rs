//! That a request about the account comes from its owner, also where an app vouches for it: before its address changes.
//! Exports and deletions ask for more: `prove_person` of everybody.

use super::client::Client;
use crate::{Caller, Chat, Result};
use model::TwoFactorProof;

impl Chat {
    /// Asks for what `prove_person` does, but for users of an app alone, who cannot sign in here: each of their tokens is
    /// the word of the app, which has no password to ask for. Who can sign in here does so: with a token of an app they
    /// have no session that is fresh.
    ///
    /// # Errors
    /// Those of `prove_person`; `Forbidden` for a token for programs.
    pub(crate) async fn prove_owner(
        &self,
        caller: &Caller,
        proof: TwoFactorProof,
        client: &Client,
    ) -> Result<()> {
        caller.require_person()?;
        if caller.session_id.is_some() || self.signs_in_here(caller).await? {
            self.prove_person(caller, proof, client)
                .await?
                .commit()
                .await?;
        }
        Ok(())
    }

    /// Whether the caller has anything here by which somebody signs in, beside the tokens of an app. A password counts also
    /// where passwords are off.
    async fn signs_in_here(&self, caller: &Caller) -> Result<bool> {
        let signs_in = sqlx::query_scalar!(
            r#"select (
                u.password_hash is not null
                or exists (select from identities i where i.user_id = u.id)
                or exists (select from two_factors f where f.user_id = u.id)
            ) as "signs_in!" from users u where u.id = $1"#,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(signs_in)
    }
}
