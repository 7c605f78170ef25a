//! That a request about the whole account comes from its owner: before it is exported or deleted.

use super::client::Client;
use crate::{Caller, Chat, Result};
use model::TwoFactorProof;

impl Chat {
    /// Asks for what `prove_person` does, but for users of apps who have no session here: each of their tokens is the
    /// word of the app, which has no password to ask for.
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
        if self.has_password(caller).await? || caller.session_id.is_some() {
            self.prove_person(caller, proof, client)
                .await?
                .commit()
                .await?;
        }
        Ok(())
    }
}
