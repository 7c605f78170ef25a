//! That a request about the whole account comes from its owner: before it is exported or deleted.

use super::client::Client;
use crate::{Caller, Chat, Result};
use model::TwoFactorProof;

impl Chat {
    /// Asks for what `prove_person` does, and so refuses tokens of apps of users without a password: one that is found would
    /// end the account.
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
        let proven = self.prove_person(caller, proof, client).await?;
        proven.commit().await?;
        Ok(())
    }
}
