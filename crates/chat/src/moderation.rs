//! Moderation of the whole server: who may not come in.

use crate::{Caller, Chat, Delivery, Error, Result};
use model::UserId;

impl Chat {
    /// By administrators. All sessions and sockets of the user end at once, and nothing lets them
    /// in again until they are unblocked.
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
        self.0.events.publish(Delivery::DisconnectUser(id));
        Ok(())
    }

    /// By administrators; the user signs in anew.
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
