//! Changing the e-mail address of the caller: where mails are sent, the new one takes the place of the old one once it is
//! proved, and the old one is told.

use super::{
    client::Client,
    email_verification::{queue_verification, require_room},
};
use crate::{
    Caller, Chat, Error, Result,
    audit::NewEntry,
    emails::{EmailContent, EmailKind, NewEmail, PreparedEmail, QueuedEmail, queue_email},
    error::refuse_nul,
    public_url::PublicUrl,
    text,
};
use model::{AuditAction, EmailChange, EmailState, Profile, TwoFactorProof};
use serde_json::json;
use sqlx::PgConnection;

/// The parameter of a note: whether the address was removed.
const IS_REMOVED: &str = "isRemoved";

impl Chat {
    /// Gives the caller another address, or none for the empty text. It asks for what `prove_owner` does: whoever
    /// reads the mails of an account can choose another password for it. On a server that sends no mails the address changes
    /// at once.
    ///
    /// # Errors
    /// `Invalid` for what is no address, and for a wrong password or code; `Conflict` for one that is taken; `TooManyRequests`.
    pub async fn change_email(
        &self,
        caller: &Caller,
        change: EmailChange,
        client: &Client,
    ) -> Result<EmailState> {
        let address = change.email.trim();
        refuse_nul("email", address)?;
        if !address.is_empty() {
            text::check_email(address)?;
            self.require_domain_of_change(caller, address).await?;
        }
        let before = self.email_state(caller).await?;
        let proof = TwoFactorProof {
            current_password: change.current_password,
            code: change.code,
        };
        self.prove_owner(caller, proof, client).await?;
        if !self.sends_emails() {
            let profile = Profile {
                email: Some(address.to_owned()),
                ..Profile::default()
            };
            self.write_account(caller, profile).await?;
            return self.email_state(caller).await;
        }
        match before.email.as_deref() {
            Some(own) if own == address => self.keep_email(caller, &before, client).await?,
            own if address.is_empty() => self.remove_email(caller, own).await?,
            own => self.ask_for_email(caller, own, address, client).await?,
        }
        self.email_state(caller).await
    }

    /// The address that the caller has: one that was asked for is asked for no more, and an unproved one is asked for.
    async fn keep_email(
        &self,
        caller: &Caller,
        before: &EmailState,
        client: &Client,
    ) -> Result<()> {
        if before.verified_at.is_none()
            && let Some(own) = &before.email
        {
            self.count_verification_of(caller.user_id, own, client)
                .await?;
        }
        let mut tx = self.begin().await?;
        forget_verification(&mut tx, caller).await?;
        if before.verified_at.is_none()
            && let Some(own) = &before.email
        {
            require_room(queue_verification(&mut tx, caller.user_id, own).await?)?;
        }
        tx.commit().await?;
        self.0.emails.wake();
        Ok(())
    }

    async fn remove_email(&self, caller: &Caller, own: Option<&str>) -> Result<()> {
        self.0.limits.told.require_change(caller.user_id)?;
        let mut tx = self.begin().await?;
        forget_verification(&mut tx, caller).await?;
        sqlx::query!(
            "update users set email = null, email_is_duplicate = false where id = $1",
            caller.user_id.0
        )
        .execute(&mut *tx)
        .await?;
        if let Some(own) = own {
            queue_note(&mut tx, caller, own, true).await?;
            let entry = NewEntry::by(caller, AuditAction::EmailRemoved);
            entry.write(&mut *tx).await?;
        }
        tx.commit().await?;
        self.0.emails.wake();
        self.announce_users(&[caller.user_id]).await;
        Ok(())
    }

    async fn ask_for_email(
        &self,
        caller: &Caller,
        own: Option<&str>,
        address: &str,
        client: &Client,
    ) -> Result<()> {
        let is_taken = sqlx::query_scalar!(
            r#"select exists (
                select from users where email_key(email) = email_key($2) and id <> $1
                    and not email_is_duplicate
            ) as "is_taken!""#,
            caller.user_id.0,
            address
        )
        .fetch_one(&self.0.db)
        .await?;
        if is_taken {
            return Err(Error::Conflict("That e-mail address is taken."));
        }
        self.count_verification_of(caller.user_id, address, client)
            .await?;
        let mut tx = self.begin().await?;
        require_room(queue_verification(&mut tx, caller.user_id, address).await?)?;
        if let Some(own) = own {
            queue_note(&mut tx, caller, own, false).await?;
        }
        let entry = NewEntry::by(caller, AuditAction::EmailChangeAsked);
        entry.write(&mut *tx).await?;
        tx.commit().await?;
        self.0.emails.wake();
        Ok(())
    }

    pub(crate) async fn prepare_address_change(
        &self,
        url: &PublicUrl,
        email: &QueuedEmail,
    ) -> Result<Option<PreparedEmail>> {
        let username =
            sqlx::query_scalar!("select username from users where id = $1", email.user_id)
                .fetch_optional(&self.0.db)
                .await?;
        let is_removed = email.parameters.0[IS_REMOVED] == true;
        Ok(username.map(|username| {
            let link = url.link("/settings");
            PreparedEmail {
                to: email.recipient.clone(),
                content: EmailContent::address_change(url.as_str(), &username, is_removed, link),
            }
        }))
    }
}

async fn forget_verification(tx: &mut PgConnection, caller: &Caller) -> Result<()> {
    sqlx::query!(
        "delete from email_verifications where user_id = $1",
        caller.user_id.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Tells the address that the account has until now.
async fn queue_note(
    tx: &mut PgConnection,
    caller: &Caller,
    own: &str,
    is_removed: bool,
) -> Result<()> {
    let note = NewEmail {
        kind: EmailKind::AddressChange,
        user_id: Some(caller.user_id),
        recipient: own,
        parameters: json!({ IS_REMOVED: is_removed }),
        nonce: rand::random(),
    };
    queue_email(tx, note).await.map(drop)
}
