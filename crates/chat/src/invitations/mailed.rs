//! The mail with the link of an invitation.

use crate::{
    Caller, Chat, Error, Result,
    accounts::secrets::hash_secret,
    emails::{
        EmailContent, EmailKind, NO_EMAILS, NewEmail, PreparedEmail, QueuedEmail, queue_email,
    },
    public_url::PublicUrl,
    rate_limit::email_limits::EmailLimit,
    text,
};
use model::NewInvitation;
use serde_json::json;
use sqlx::PgConnection;

/// Queues the mail, in the transaction that makes the invitation with the secret of this value.
pub(super) async fn mail_invitation(
    tx: &mut PgConnection,
    address: &str,
    nonce: [u8; 32],
) -> Result<()> {
    let email = NewEmail {
        kind: EmailKind::Invitation,
        user_id: None,
        recipient: address,
        parameters: json!({}),
        nonce,
    };
    if queue_email(tx, email).await? {
        Ok(())
    } else {
        Err(Error::Overloaded)
    }
}

impl Chat {
    /// The address that a new invitation is mailed to.
    ///
    /// # Errors
    /// `Invalid` for what is no address; `Conflict` on a server that sends no mails; `TooManyRequests` beyond the mails of
    /// an administrator.
    pub(super) async fn invited_address(
        &self,
        caller: &Caller,
        new: &NewInvitation,
    ) -> Result<Option<String>> {
        let address = new.email.as_deref().map(str::trim);
        let Some(address) = address.filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        text::check_email(address)?;
        if !self.sends_emails() {
            return Err(NO_EMAILS);
        }
        let subject = caller.user_id.to_string();
        self.count_email(EmailLimit::Invitations, subject).await?;
        Ok(Some(address.to_owned()))
    }

    /// The link is that which the administrator was shown. An invitation that has ended is not mailed.
    pub(crate) async fn prepare_invitation(
        &self,
        url: &PublicUrl,
        email: &QueuedEmail,
    ) -> Result<Option<PreparedEmail>> {
        let secret = self.0.keys.link_key().secret(&email.nonce);
        let invitation = sqlx::query!(
            r#"select i.expires_at, creator.name as "created_by?"
            from invitations i left join users creator on creator.id = i.created_by
            where i.token_hash = $1 and i.email = $2 and i.revoked_at is null and i.expires_at > now()
                and i.uses < i.max_uses
                and (i.created_by is null or creator.role = 'admin' and creator.blocked_at is null)"#,
            &hash_secret(&secret)[..],
            email.recipient
        )
        .fetch_optional(&self.0.db)
        .await?;
        Ok(invitation.map(|invitation| {
            let by = invitation.created_by.as_deref();
            let link = url.link(&format!("/invite/{secret}"));
            PreparedEmail {
                to: email.recipient.clone(),
                content: EmailContent::invitation(url.as_str(), by, invitation.expires_at, link),
            }
        }))
    }
}
