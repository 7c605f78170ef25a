//! Moderation of the whole server: blocking users.

use crate::{Caller, Chat, Delivery, Error, Result};
use model::UserId;

impl Chat {
    /// Revokes all sessions of a user, disconnects their sockets on all nodes, and refuses every
    /// way to sign in until `unblock_user`.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an administrator; `Conflict` for the caller themself.
    pub async fn block_user(&self, caller: &Caller, id: UserId) -> Result<()> {
        caller.require_admin()?;
        if id == caller.user_id {
            return Err(Error::Conflict("Nobody can block themself."));
        }
        let blocked = sqlx::query!(
            "with ended as (
                update sessions set revoked_at = now() where user_id = $1 and revoked_at is null
            )
            update users set blocked_at = coalesce(blocked_at, now()) where id = $1",
            id.0
        )
        .execute(&self.0.db)
        .await?;
        if blocked.rows_affected() == 0 {
            return Err(Error::NotFound("user"));
        }
        self.0.bus.publish(Delivery::DisconnectUser(id));
        Ok(())
    }

    /// Lets the user sign in again. Administrators only. Sessions that were revoked stay revoked.
    pub async fn unblock_user(&self, caller: &Caller, id: UserId) -> Result<()> {
        caller.require_admin()?;
        let unblocked = sqlx::query!("update users set blocked_at = null where id = $1", id.0)
            .execute(&self.0.db)
            .await?;
        if unblocked.rows_affected() == 0 {
            return Err(Error::NotFound("user"));
        }
        Ok(())
    }
}
