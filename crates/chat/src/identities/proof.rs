//! A fresh proof of the caller, asked for before the ways change by which they sign in.

use crate::{Caller, Chat, Result, accounts::Client};
use model::IdentityProof;

impl Chat {
    /// Checks the password, or that an account without one has signed in a short time ago; and a code, where the account
    /// has two-factor authentication.
    ///
    /// # Errors
    /// Those of `prove_themself`; `Invalid` for a wrong code.
    pub(super) async fn require_fresh_proof(
        &self,
        caller: &Caller,
        proof: IdentityProof,
        client: &Client,
    ) -> Result<()> {
        self.prove_themself(caller, proof.current_password, client)
            .await?;
        if self.two_factor(caller).await?.enabled_at.is_some() {
            let tx = self.prove_code(caller, &proof.code, client).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
