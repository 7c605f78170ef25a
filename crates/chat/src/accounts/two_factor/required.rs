//! Who has to have a second factor. The SQL functions `demands_two_factor` and `owes_two_factor` have the rule; a session
//! that began with a provider owes none, since the provider has checked who it is.

use crate::{
    Caller, Chat, Error, Result,
    accounts::{client::Authenticated, two_factor_rules::RequiredOf},
};
use model::UserId;

/// What those are told who would turn it off.
const IS_REQUIRED: Error =
    Error::Conflict("This server demands two-factor authentication of you: it stays on.");

impl Chat {
    /// Of whom a second factor is demanded, as the SQL functions take it: of nobody where passwords are off.
    pub(crate) fn two_factor_demand(&self) -> &'static str {
        if self.takes_passwords() {
            self.0.two_factor.required_of.text()
        } else {
            RequiredOf::Nobody.text()
        }
    }

    /// Days for which a device may be remembered; `None` where none is.
    pub fn remembers_devices(&self) -> Option<u32> {
        let days = self.0.two_factor.remember_days;
        (days > 0).then_some(days)
    }

    /// Whether whoever has just signed in has to set a second factor up before anything else.
    pub async fn owes_two_factor(&self, who: &Authenticated) -> Result<bool> {
        if who.by.is_some() {
            return Ok(false);
        }
        let owes = sqlx::query_scalar!(
            r#"select owes_two_factor(u, $2) as "owes!" from users u where id = $1"#,
            who.user.id.0,
            self.two_factor_demand()
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(owes)
    }

    /// Whether a second factor is demanded of a user, whether they have one or not.
    pub(super) async fn is_two_factor_required(&self, id: UserId) -> Result<bool> {
        let required = sqlx::query_scalar!(
            r#"select demands_two_factor(u, $2) as "required!" from users u where id = $1"#,
            id.0,
            self.two_factor_demand()
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(required)
    }

    /// # Errors
    /// `Conflict` for a caller of whom a second factor is demanded.
    pub(super) async fn require_not_demanded(&self, caller: &Caller) -> Result<()> {
        if self.is_two_factor_required(caller.user_id).await? {
            return Err(IS_REQUIRED);
        }
        Ok(())
    }
}
