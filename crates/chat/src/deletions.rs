//! Deletion of accounts. What opens the account and what says who it was is gone at once (`forget`), with its sessions and
//! sockets; what is left in tables and files is erased behind it by one node at a time (`erase`). The row of the user
//! stays as "Deleted user". docs/personal-data.md lists what stays and why; `traces` looks whether that is all.

mod erase;
mod forget;
mod own_messages;
mod rows;
mod taken;
mod traces;

use crate::{
    Caller, Chat, Client, Delivery, Error, Result,
    audit::{self, NewEntry},
    text,
};
use model::{
    AccountDeletion, AuditAction, Deletion, MessagesOfDeleted, OwnDeletion, TwoFactorProof, UserId,
};
use std::time::Duration;

/// Accounts of others that an administrator deletes within an hour. The operator's command has no limit.
const MAX_DELETIONS: i64 = 20;

impl Chat {
    /// Deletes the caller's own account, for good: there is no time in which it comes back.
    ///
    /// # Errors
    /// Those of `prove_person`; `Invalid` for another username than the caller's; `Conflict` for the last administrator.
    pub async fn delete_own_account(
        &self,
        caller: &Caller,
        wish: OwnDeletion,
        client: &Client,
    ) -> Result<Deletion> {
        caller.require_person()?;
        let username =
            sqlx::query_scalar!("select username from users where id = $1", caller.user_id.0)
                .fetch_one(&self.0.db)
                .await?;
        if text::username(&wish.username) != username {
            return Err(Error::invalid("username", "must be your own"));
        }
        let proof = TwoFactorProof {
            current_password: wish.current_password,
            code: wish.code,
        };
        self.prove_person(caller, proof, client)
            .await?
            .commit()
            .await?;
        self.delete_user(caller, caller.user_id, wish.messages)
            .await
    }

    /// Deletes the account of somebody else: of a person, of a user of an app, or of a bot. Administrators only, with a
    /// fresh proof, and no token for programs: nothing brings the account back.
    ///
    /// # Errors
    /// `NotFound` for nobody, and for an account that was deleted; `Conflict` for the caller themself, and for the last
    /// administrator; those of `prove_person`; `TooManyRequests` beyond `MAX_DELETIONS` in an hour.
    pub async fn delete_account(
        &self,
        caller: &Caller,
        id: UserId,
        wish: AccountDeletion,
        client: &Client,
    ) -> Result<Deletion> {
        caller.require_admin()?;
        caller.require_person()?;
        if id == caller.user_id {
            return Err(Error::Conflict(
                "Delete your own account in your settings, with your password.",
            ));
        }
        self.require_few_deletions(caller).await?;
        let proof = TwoFactorProof {
            current_password: wish.current_password,
            code: wish.code,
        };
        self.prove_person(caller, proof, client)
            .await?
            .commit()
            .await?;
        self.delete_user(caller, id, wish.messages).await
    }

    /// The same for the operator, by the command, who has nothing to prove it with.
    ///
    /// # Errors
    /// `Forbidden` for others; as `delete_account`.
    pub async fn delete_account_of(
        &self,
        caller: &Caller,
        id: UserId,
        messages: MessagesOfDeleted,
    ) -> Result<Deletion> {
        if *caller != Caller::OPERATOR {
            return Err(Error::Forbidden(
                "This is for the operator, by the command.",
            ));
        }
        self.delete_user(caller, id, messages).await
    }

    /// That a stolen session of an administrator does not delete everybody.
    async fn require_few_deletions(&self, caller: &Caller) -> Result<()> {
        let deleted = sqlx::query_scalar!(
            r#"select count(*) as "deleted!" from audit_entries
            where actor_id = $1 and action = $2 and occurred_at > now() - interval '1 hour'"#,
            caller.user_id.0,
            AuditAction::UserDeleted.name()
        )
        .fetch_one(&self.0.db)
        .await?;
        if deleted < MAX_DELETIONS {
            return Ok(());
        }
        Err(Error::TooManyRequests {
            of: "deletions of accounts",
            retry_after: Duration::from_hours(1),
        })
    }

    /// The deletion of an account, and whether it is finished. Administrators only.
    pub async fn deletion(&self, caller: &Caller, id: UserId) -> Result<Deletion> {
        caller.require_admin()?;
        let row = sqlx::query!(
            "select u.username, d.removes_messages, d.requested_at, d.finished_at
            from deletions d join users u on u.id = d.user_id where d.user_id = $1",
            id.0
        )
        .fetch_optional(&self.0.db)
        .await?
        .ok_or(Error::NotFound("deletion"))?;
        Ok(Deletion {
            user_id: id,
            username: row.username,
            messages: if row.removes_messages {
                MessagesOfDeleted::Remove
            } else {
                MessagesOfDeleted::Keep
            },
            requested_at: row.requested_at,
            finished_at: row.finished_at,
        })
    }

    async fn delete_user(
        &self,
        caller: &Caller,
        id: UserId,
        messages: MessagesOfDeleted,
    ) -> Result<Deletion> {
        let mut tx = self.begin().await?;
        self.require_not_last(&mut tx, id).await?;
        forget::forget(&mut tx, id, messages).await?;
        self.note_access_change(&mut *tx, id).await?;
        let action = if caller.user_id == id {
            AuditAction::UserLeft
        } else {
            AuditAction::UserDeleted
        };
        NewEntry::by(caller, action).on(id).write(&mut *tx).await?;
        // A part: what is left of very many entries is emptied behind the deletion.
        audit::erase_person(&mut *tx, id).await?;
        tx.commit().await?;
        tracing::info!(user = %id, by = %caller.user_id, ?messages, "an account was deleted");
        self.0.bus.publish(Delivery::DisconnectUser(id));
        self.announce_users(&[id]).await;
        self.deletion(&Caller::OPERATOR, id).await
    }
}
