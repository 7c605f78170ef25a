//! Changing a password with the old one.

use super::{
    client::Client, hash_queue::Bearer, password_rules::check_password, passwords,
    security_note::SecurityChange, sessions::revoke_others,
};
use crate::{Caller, Chat, Error, Result, audit::NewEntry};
use model::{AuditAction, PasswordChange};

impl Chat {
    /// Gives the caller another password. Links to reset it end, and a second factor that was begun with the old one. All other sessions end, with their sockets,
    /// unless the change says otherwise.
    ///
    /// # Errors
    /// `Invalid` for a wrong old password and for one that is refused; `Conflict` for an account without a
    /// password; `TooManyRequests` after too many wrong ones.
    pub async fn change_password(
        &self,
        caller: &Caller,
        change: PasswordChange,
        client: &Client,
    ) -> Result<()> {
        let user = sqlx::query!(
            "select username, name, email from users where id = $1",
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        let names = [user.username.as_str(), &user.name].into_iter();
        let names: Vec<_> = names.chain(user.email.as_deref()).collect();
        check_password("newPassword", &change.new_password, &names)?;
        let old_hash = self
            .check_own_password(caller, change.current_password, client)
            .await?;
        let bearer = Bearer::Known(caller.user_id);
        let new_hash = passwords::hash(change.new_password, bearer).await?;

        let mut tx = self.begin().await?;
        let changed = sqlx::query!(
            "with ended as (
                delete from password_resets where user_id = $1
            ), begun as (
                delete from two_factor_setups where user_id = $1
            )
            update users set password_hash = $2, credentials_version = credentials_version + 1
            where id = $1 and password_hash = $3",
            caller.user_id.0,
            new_hash,
            old_hash
        )
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(Error::Conflict("The password was changed meanwhile."));
        }
        let ended = if change.end_other_sessions {
            revoke_others(&mut *tx, caller.user_id, caller.session_id).await?
        } else {
            Vec::new()
        };
        self.queue_security_note(&mut tx, caller.user_id, SecurityChange::Password)
            .await?;
        let entry = NewEntry::by(caller, AuditAction::PasswordChanged);
        entry.with("sessions", ended.len()).write(&mut *tx).await?;
        tx.commit().await?;
        self.0.emails.wake();
        self.publish_ended(ended);
        Ok(())
    }
}
