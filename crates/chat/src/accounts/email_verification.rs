//! Proofs of e-mail addresses: a link that is mailed to the address, and used by whoever reads it.

use super::{client::Client, secrets::hash_secret};
use crate::{
    Caller, Chat, Error, Result,
    audit::NewEntry,
    emails::{
        EmailContent, EmailKind, NO_EMAILS, NewEmail, PreparedEmail, QueuedEmail, lock_link,
        note_link, queue_email,
    },
    error::OnConstraint,
    network::network,
    public_url::PublicUrl,
    rate_limit::email_limits::EmailLimit,
};
use model::{AuditAction, EmailProof, EmailState, UserId};
use serde_json::json;
use sqlx::PgConnection;
use std::time::Duration;

/// Hours for which a link is valid.
const VALID_HOURS: i32 = 24;

/// One error for every link that is not good, whatever the reason.
const NO_LINK: Error = Error::NotFound("link: it was used, or it is too old");

/// Asks, in a transaction, whether an address is the user's, in the place of any other address that was asked for. The
/// links of mails that were sent before end. Returns whether there was room for the mail. `Emails::wake` is to follow the commit.
pub(super) async fn queue_verification(
    tx: &mut PgConnection,
    user_id: UserId,
    address: &str,
) -> Result<bool> {
    sqlx::query!(
        "insert into email_verifications (user_id, address) values ($1, $2)
        on conflict (user_id) do update
        set address = excluded.address, token_hash = null, expires_at = null",
        user_id.0,
        address
    )
    .execute(&mut *tx)
    .await?;
    let email = NewEmail {
        kind: EmailKind::Verification,
        user_id: Some(user_id),
        recipient: address,
        parameters: json!({}),
        nonce: rand::random(),
    };
    queue_email(tx, email).await
}

/// # Errors
/// `TooManyRequests` where there was no room for a mail that somebody waits for.
pub(super) fn require_room(is_queued: bool) -> Result<()> {
    if is_queued {
        return Ok(());
    }
    Err(Error::TooManyRequests {
        of: "mails that wait to be sent",
        retry_after: Duration::from_mins(1),
    })
}

/// Lets an account open no session before its address is proved, in the transaction that makes it.
pub(super) async fn await_email(tx: &mut PgConnection, user_id: UserId) -> Result<()> {
    sqlx::query!(
        "update users set awaits_email = true where id = $1",
        user_id.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

impl Chat {
    /// Asks a new account, in the transaction that makes it, whether its address is right. Returns whether there is one to
    /// ask, on a server that sends mails and has room for this one: the account is made in any case, and can be asked later.
    pub(crate) async fn ask_for_proof(
        &self,
        tx: &mut PgConnection,
        user_id: UserId,
        address: Option<&str>,
    ) -> Result<bool> {
        let Some(address) = address.filter(|_| self.sends_emails()) else {
            return Ok(false);
        };
        queue_verification(tx, user_id, address).await
    }

    /// What is known of the caller's address.
    pub async fn email_state(&self, caller: &Caller) -> Result<EmailState> {
        let row = sqlx::query!(
            r#"select u.email, u.email_verified_at, u.sign_in_notes, v.address as "address?",
                u.password_hash is not null as "has_password!"
            from users u left join email_verifications v on v.user_id = u.id where u.id = $1"#,
            caller.user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        Ok(EmailState {
            // The proof of another address, or of one that is not proved yet.
            pending_email: row.address.filter(|it| Some(it) != row.email.as_ref()),
            email: row.email,
            verified_at: row.email_verified_at,
            sign_in_notes: row.sign_in_notes,
            sends_emails: self.sends_emails(),
            has_password: row.has_password && self.takes_passwords(),
        })
    }

    /// Sends the link once more: to the address that is to take the place of the caller's, or else to the caller's.
    ///
    /// # Errors
    /// `Conflict` where there is nothing to prove, or no mails are sent; `TooManyRequests` after too many.
    pub async fn send_verification(&self, caller: &Caller, client: &Client) -> Result<()> {
        if !self.sends_emails() {
            return Err(NO_EMAILS);
        }
        let state = self.email_state(caller).await?;
        let own = state.email.filter(|_| state.verified_at.is_none());
        let address = state.pending_email.or(own);
        let address = address.ok_or(Error::Conflict("Your address is confirmed."))?;
        self.count_verification_of(caller.user_id, &address, client)
            .await?;
        let mut tx = self.begin().await?;
        require_room(queue_verification(&mut tx, caller.user_id, &address).await?)?;
        tx.commit().await?;
        self.0.emails.wake();
        Ok(())
    }

    /// Counts a mail that asks whether an address is right.
    pub(super) async fn count_verification(&self, user_id: UserId) -> Result<()> {
        let subject = user_id.to_string();
        self.count_email(EmailLimit::Verifications, subject).await
    }

    /// The same of a mail that somebody asks for, by their network and by the address, too: one person with many accounts
    /// fills the mailboxes of many others, or of one.
    pub(super) async fn count_verification_of(
        &self,
        user_id: UserId,
        email: &str,
        client: &Client,
    ) -> Result<()> {
        if let Some(address) = client.address {
            let subject = network(address).to_string();
            self.count_email(EmailLimit::VerificationsOfNetwork, subject)
                .await?;
        }
        let subject = email.to_lowercase();
        self.count_email(EmailLimit::VerificationsOfAddress, subject)
            .await?;
        self.count_verification(user_id).await
    }

    /// Refuses an account that waits for the proof of its address, whose password was right, and sends the link once more.
    /// On a server that has stopped sending mails it waits no longer.
    ///
    /// # Errors
    /// `EmailUnconfirmed`.
    pub(super) async fn require_proof(&self, user_id: UserId) -> Result<()> {
        if !self.sends_emails() {
            return Ok(());
        }
        let awaits = sqlx::query_scalar!("select awaits_email from users where id = $1", user_id.0)
            .fetch_one(&self.0.db)
            .await?;
        if !awaits {
            return Ok(());
        }
        self.remind_of_verification(user_id).await?;
        Err(Error::EmailUnconfirmed)
    }

    async fn remind_of_verification(&self, user_id: UserId) -> Result<()> {
        match self.count_verification(user_id).await {
            // There are as many already as one can want.
            Err(Error::TooManyRequests { .. }) => return Ok(()),
            counted => counted?,
        }
        let mut tx = self.begin().await?;
        let address = sqlx::query_scalar!("select email from users where id = $1", user_id.0)
            .fetch_one(&mut *tx)
            .await?;
        if let Some(address) = address {
            queue_verification(&mut tx, user_id, &address).await?;
        }
        tx.commit().await?;
        self.0.emails.wake();
        Ok(())
    }

    /// What a link proves. Using it is another matter: programs that look at links before people do change nothing.
    ///
    /// # Errors
    /// `NotFound`. Nothing counts wrong links: their secret of 256 bits is not guessed.
    pub async fn email_proof(&self, token: &str) -> Result<EmailProof> {
        let found = sqlx::query_as!(
            EmailProof,
            r#"select u.username, v.address as "email!"
            from email_verifications v join users u on u.id = v.user_id
            where v.token_hash = $1 and v.expires_at > now() and u.blocked_at is null"#,
            &hash_secret(token)[..]
        )
        .fetch_optional(&self.0.db)
        .await?;
        found.ok_or(NO_LINK)
    }

    /// Uses a link: its address is the user's from now on, and proved.
    ///
    /// # Errors
    /// `NotFound` for a link that is not good; `Conflict` where somebody else has taken the address meanwhile.
    pub async fn confirm_email(&self, token: &str) -> Result<EmailProof> {
        let mut tx = self.begin().await?;
        // Of two who use it at once, one finds it.
        let proved = sqlx::query!(
            r#"with used as (
                delete from email_verifications where token_hash = $1 and expires_at > now()
                returning user_id, address
            )
            update users u set email = used.address, email_verified_at = clock_timestamp(),
                awaits_email = false,
                email_is_duplicate = u.email_is_duplicate and u.email = used.address
            from used where u.id = used.user_id and u.blocked_at is null
            returning u.id, u.username, used.address as "address!""#,
            &hash_secret(token)[..]
        )
        .fetch_optional(&mut *tx)
        .await
        .on_constraint("users_email_key", || {
            Error::Conflict("That e-mail address is taken.")
        })?
        .ok_or(NO_LINK)?;
        let user_id = UserId(proved.id);
        // Whoever opens the link may be signed in nowhere.
        NewEntry::by_client(user_id, &Client::default(), AuditAction::EmailConfirmed)
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        tracing::info!(user = %user_id, "an e-mail address was proved");
        self.announce_users(&[user_id]).await;
        Ok(EmailProof {
            username: proved.username,
            email: proved.address,
        })
    }

    /// Makes the link, unless another address is asked for by now, or a link of the mail was used.
    pub(crate) async fn prepare_verification(
        &self,
        url: &PublicUrl,
        email: &QueuedEmail,
    ) -> Result<Option<PreparedEmail>> {
        let secret = self.0.keys.link_key().secret(&email.nonce);
        let mut tx = self.begin().await?;
        let Some(has_link) = lock_link(&mut tx, email).await? else {
            return Ok(None);
        };
        let username = sqlx::query_scalar!(
            "update email_verifications v
            set token_hash = $3, expires_at = now() + make_interval(hours => $4)
            from users u
            where v.user_id = $1 and v.address = $2 and u.id = v.user_id and u.blocked_at is null
                and (not $5 or v.token_hash = $3)
            returning u.username",
            email.user_id,
            email.recipient,
            &hash_secret(&secret)[..],
            VALID_HOURS,
            has_link
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(username) = username else {
            return Ok(None);
        };
        note_link(&mut tx, email).await?;
        tx.commit().await?;
        let link = url.link(&format!("/confirm-email/{secret}"));
        Ok(Some(PreparedEmail {
            to: email.recipient.clone(),
            content: EmailContent::verification(url.as_str(), &username, link),
        }))
    }
}
