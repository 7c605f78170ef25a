//! The link for a forgotten password that its user asks for by themself, and gets by mail.
//!
//! Asking writes one row and looks for nobody, so that it takes as long and answers the same for a name that nobody has.
//! Whoever sends the mail looks for the user. Only an address that its user has proved gets the link: what somebody has typed
//! when they registered may be the address of somebody else, who would get the account.

use super::{client::Client, password_resets::VALID_MINUTES, secrets::hash_secret};
use crate::{
    Chat, Error, Result,
    audit::NewEntry,
    emails::{
        EmailContent, EmailKind, NO_EMAILS, NewEmail, PreparedEmail, QueuedEmail, lock_link,
        note_link, queue_email,
    },
    error::refuse_nul,
    network::network,
    public_url::PublicUrl,
    rate_limit::email_limits::EmailLimit,
    text,
};
use model::{AuditAction, UserId};
use serde_json::json;

/// Characters of the longest address (RFC 5321).
const MAX_LOGIN: usize = 254;

/// The user of a mail.
struct Owner {
    id: i64,
    username: String,
    /// The address as the account has it: what was typed may only look like it.
    email: String,
}

impl Chat {
    /// Queues a mail with a link to choose another password, for the user of a username or an e-mail address. The answer
    /// is the same, and takes as long, whether there is such a user or not.
    ///
    /// # Errors
    /// `Forbidden` where passwords are off; `Conflict` on a server that sends no mails; `TooManyRequests` beyond the requests of a network; `Invalid` for what
    /// can be no name.
    pub async fn request_password_reset(&self, login: &str, client: &Client) -> Result<()> {
        self.require_passwords()?;
        if !self.sends_emails() {
            return Err(NO_EMAILS);
        }
        refuse_nul("login", login)?;
        let typed = login.trim();
        if typed.is_empty() || typed.chars().count() > MAX_LOGIN {
            let reason = "must be a username or an e-mail address";
            return Err(Error::invalid("login", reason));
        }
        if let Some(address) = client.address {
            let subject = network(address).to_string();
            self.count_email(EmailLimit::ResetsOfNetwork, subject)
                .await?;
        }
        // Beyond it there are as many mails already as one can want. To say so would end the sameness of the answer.
        let name = text::username(typed);
        match self.count_email(EmailLimit::ResetsOfName, name).await {
            Err(Error::TooManyRequests { .. }) => return Ok(()),
            counted => counted?,
        }
        let email = NewEmail {
            kind: EmailKind::PasswordReset,
            user_id: None,
            recipient: typed,
            parameters: json!({}),
            nonce: rand::random(),
        };
        queue_email(&self.0.db, email).await?;
        self.0.emails.wake();
        Ok(())
    }

    /// Makes the link in the place of an earlier one, as an administrator's is made.
    pub(crate) async fn prepare_password_reset(
        &self,
        url: &PublicUrl,
        email: &QueuedEmail,
    ) -> Result<Option<PreparedEmail>> {
        if !self.takes_passwords() {
            return Ok(None);
        }
        let secret = self.0.keys.link_key().secret(&email.nonce);
        let Some(found) = self.find_owner(&email.recipient).await? else {
            return Ok(None);
        };
        if email.attempts == 1 {
            let counted = self.count_email(EmailLimit::ResetsOfUser, found.id.to_string());
            match counted.await {
                Err(Error::TooManyRequests { .. }) => return Ok(None),
                counted => counted?,
            }
        }
        let hash = hash_secret(&secret);
        let mut tx = self.begin().await?;
        let Some(has_link) = lock_link(&mut tx, email).await? else {
            return Ok(None);
        };
        // The user's row is held: no link is made for somebody who is blocked.
        let made = sqlx::query!(
            "with owner as (
                select id from users
                where id = $1 and blocked_at is null and email = $4 and email_verified_at is not null
                for share
            ), renewed as (
                update password_resets set expires_at = now() + make_interval(mins => $3)
                where $5 and token_hash = $2 and user_id = (select id from owner)
                returning user_id
            ), made as (
                insert into password_resets (user_id, token_hash, expires_at)
                select id, $2, now() + make_interval(mins => $3) from owner where not $5
                on conflict (user_id) do update set token_hash = excluded.token_hash,
                    expires_at = excluded.expires_at, created_by = null
                returning user_id
            )
            select user_id from renewed union all select user_id from made",
            found.id,
            &hash[..],
            VALID_MINUTES,
            found.email,
            has_link
        )
        .fetch_optional(&mut *tx)
        .await?;
        // The link of an earlier attempt was used, or there is another one.
        if made.is_none() {
            return Ok(None);
        }
        note_link(&mut tx, email).await?;
        NewEntry::by_server(AuditAction::PasswordResetMailed)
            .on(UserId(found.id))
            .write(&mut *tx)
            .await?;
        tx.commit().await?;
        tracing::info!(user = found.id, "a link to choose a password is mailed");
        let link = url.link(&format!("/reset/{secret}"));
        Ok(Some(PreparedEmail {
            content: EmailContent::password_reset(url.as_str(), &found.username, link),
            to: found.email,
        }))
    }

    async fn find_owner(&self, typed: &str) -> Result<Option<Owner>> {
        let found = sqlx::query_as!(
            Owner,
            r#"select id, username, email as "email!" from users
            where (username = $1 or email_key(email) = email_key($2) and not email_is_duplicate)
                and email_verified_at is not null and blocked_at is null and password_hash is not null
            limit 1"#,
            text::username(typed),
            typed
        )
        .fetch_optional(&self.0.db)
        .await?;
        Ok(found)
    }
}
