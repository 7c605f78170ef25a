//! Moderation of the whole server: blocking users, ending their sessions, and who is an administrator.

use crate::{
    Caller, Chat, Delivery, Error, Result,
    accounts::{role::role_text, sessions::revoke_others},
    audit::NewEntry,
};
use model::{AuditAction, UserId, UserRole};

impl Chat {
    /// Revokes all sessions of a user, disconnects their sockets on all nodes, and refuses every
    /// way to sign in until `unblock_user`.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is an administrator; `Conflict` for the caller themself, and for the last
    /// administrator.
    pub async fn block_user(&self, caller: &Caller, id: UserId) -> Result<()> {
        caller.require_admin()?;
        if id == caller.user_id {
            return Err(Error::Conflict("Nobody can block themself."));
        }
        let mut tx = self.begin().await?;
        self.require_not_last(&mut tx, id).await?;
        // Before the sessions: whoever signs in meanwhile waits here, or is seen there.
        sqlx::query!(
            "with unlinked as (delete from password_resets where user_id = $1)
            update users set blocked_at = coalesce(blocked_at, now()),
                credentials_version = credentials_version + 1
            where id = $1",
            id.0
        )
        .execute(&mut *tx)
        .await?;
        revoke_others(&mut *tx, id, None).await?;
        self.note_access_change(&mut *tx, id).await?;
        let entry = NewEntry::by(caller, AuditAction::UserBlocked).on(id);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        tracing::info!(user = %id, by = %caller.user_id, "a user was blocked");
        self.0.bus.publish(Delivery::DisconnectUser(id));
        Ok(())
    }

    /// Ends all sessions of a user, with their sockets. Tokens of an app stay good: the app ends those.
    /// Administrators only.
    pub async fn end_user_sessions(&self, caller: &Caller, id: UserId) -> Result<()> {
        caller.require_admin()?;
        self.find_user(id).await?;
        let mut tx = self.begin().await?;
        sqlx::query!(
            "update users set credentials_version = credentials_version + 1 where id = $1",
            id.0
        )
        .execute(&mut *tx)
        .await?;
        revoke_others(&mut *tx, id, None).await?;
        self.note_access_change(&mut *tx, id).await?;
        let entry = NewEntry::by(caller, AuditAction::UserSessionsEnded).on(id);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        tracing::info!(user = %id, by = %caller.user_id, "all sessions of a user were ended");
        self.0.bus.publish(Delivery::DisconnectUser(id));
        Ok(())
    }

    /// Makes a user an administrator or a member. Returns whether that is a change. Administrators only.
    /// What the app's tokens or directory say later is followed as ever.
    ///
    /// # Errors
    /// `Conflict` for the caller themself, for the last administrator, and for a bot.
    pub async fn set_user_role(&self, caller: &Caller, id: UserId, role: UserRole) -> Result<bool> {
        caller.require_admin()?;
        caller.require_person()?;
        if id == caller.user_id {
            return Err(Error::Conflict("Nobody can change their own role."));
        }
        let user = self.find_user(id).await?;
        if user.bot {
            return Err(Error::Conflict("A bot has no role on the server."));
        }
        let before = user.role;
        let mut tx = self.begin().await?;
        if role == UserRole::Member {
            self.require_not_last(&mut tx, id).await?;
        }
        if before == role {
            return Ok(false);
        }
        let changed = sqlx::query!(
            "with unclaimed as (
                -- It is not the claim of a token any more that makes the administrator.
                update app_users set admin_by_claim = false where user_id = $1 and admin_by_claim
            ), ungrouped as (
                -- Nor a group of a provider, until the next sign-in with it.
                update identities set gives_admin = false where user_id = $1 and gives_admin
            )
            update users set role = $2 where id = $1 and deleted_at is null",
            id.0,
            role_text(role)
        )
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(Error::NotFound("user"));
        }
        self.note_access_change(&mut *tx, id).await?;
        NewEntry::by(caller, AuditAction::UserRoleChanged)
            .on(id)
            .with("role", role_text(role))
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        self.invalidate_users(&[id]).await;
        tracing::info!(user = %id, by = %caller.user_id, role = role_text(role), "a user got another role");
        // Their sockets come again, with the rights that they have now.
        self.0.bus.publish(Delivery::DisconnectUser(id));
        Ok(true)
    }

    /// Lets the user sign in again. Administrators only. Sessions that were revoked stay revoked.
    pub async fn unblock_user(&self, caller: &Caller, id: UserId) -> Result<()> {
        caller.require_admin()?;
        let mut tx = self.begin().await?;
        let unblocked = sqlx::query!(
            "update users set blocked_at = null where id = $1 and deleted_at is null",
            id.0
        )
        .execute(&mut *tx)
        .await?;
        if unblocked.rows_affected() == 0 {
            return Err(Error::NotFound("user"));
        }
        let entry = NewEntry::by(caller, AuditAction::UserUnblocked).on(id);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        tracing::info!(user = %id, by = %caller.user_id, "a user was unblocked");
        Ok(())
    }
}
