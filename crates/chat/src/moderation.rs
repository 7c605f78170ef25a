//! Moderation of the whole server: blocking users, and who is an administrator.

use crate::{
    Caller, Chat, Delivery, Error, Result,
    accounts::role::{parse_user_role, role_text},
    text,
};
use model::{UserId, UserRole};

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

    /// Makes a user an administrator or a member. Returns whether that is a change. Administrators only.
    /// What the app's tokens or directory say later is followed as ever.
    ///
    /// # Errors
    /// `NotFound` for a username that nobody has; `Conflict` for the caller themself.
    pub async fn set_user_role(
        &self,
        caller: &Caller,
        username: &str,
        role: UserRole,
    ) -> Result<bool> {
        const UNKNOWN: Error = Error::NotFound("user");
        caller.require_admin()?;
        // Postgres stores no text with NUL.
        if username.contains('\0') {
            return Err(UNKNOWN);
        }
        let user = sqlx::query!(
            "select id, role from users where username = $1",
            text::username(username)
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(UNKNOWN)?;
        let id = UserId(user.id);
        if id == caller.user_id {
            return Err(Error::Conflict("Nobody can change their own role."));
        }
        if parse_user_role(&user.role) == role {
            return Ok(false);
        }
        sqlx::query!(
            "with unclaimed as (
                -- It is not the claim of a token any more that makes the administrator.
                update app_users set admin_by_claim = false where user_id = $1 and admin_by_claim
            )
            update users set role = $2 where id = $1",
            id.0,
            role_text(role)
        )
        .execute(&self.0.db)
        .await?;
        self.invalidate_users(&[id]).await;
        // Their sockets come again, with the rights that they have now.
        self.0.bus.publish(Delivery::DisconnectUser(id));
        Ok(true)
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
