//! The note that a user gets by mail after a sign-in from a device that is new to the account.

use super::client::{Authenticated, Client};
use crate::{
    Caller, Chat, Result,
    emails::{
        EmailContent, EmailKind, NewEmail, PreparedEmail, QueuedEmail, SignInDetails, queue_email,
    },
    public_url::PublicUrl,
};
use model::browser_name;
use serde_json::json;
use sqlx::PgConnection;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The parameters of a note. The device is one of the words of `browser_name`: whoever signs in chooses their
/// `User-Agent`, and would choose what the mail says.
const DEVICE: &str = "device";
const ADDRESS: &str = "address";
const AT: &str = "at";

impl Chat {
    /// Queues the note in the transaction that opens a session, where the user wants it and has proved an address.
    pub(super) async fn queue_sign_in_note(
        &self,
        tx: &mut PgConnection,
        who: &Authenticated,
        client: &Client,
    ) -> Result<()> {
        if !self.sends_emails() || !who.is_new_device {
            return Ok(());
        }
        let address = sqlx::query_scalar!(
            r#"select email as "email!" from users
            where id = $1 and sign_in_notes and email_verified_at is not null"#,
            who.user.id.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(address) = address else {
            return Ok(());
        };
        let note = NewEmail {
            kind: EmailKind::SignIn,
            user_id: Some(who.user.id),
            recipient: &address,
            parameters: json!({
                DEVICE: client.user_agent.as_deref().and_then(browser_name),
                ADDRESS: client.address.map(|it| it.to_string()),
                AT: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            }),
            nonce: rand::random(),
        };
        queue_email(tx, note).await.map(drop)
    }

    /// Whether the caller gets these notes.
    pub async fn set_sign_in_notes(&self, caller: &Caller, wanted: bool) -> Result<()> {
        sqlx::query!(
            "update users set sign_in_notes = $2 where id = $1",
            caller.user_id.0,
            wanted
        )
        .execute(&self.0.db)
        .await?;
        Ok(())
    }

    pub(crate) async fn prepare_sign_in_note(
        &self,
        url: &PublicUrl,
        email: &QueuedEmail,
    ) -> Result<Option<PreparedEmail>> {
        let username = sqlx::query_scalar!(
            "select username from users where id = $1 and email = $2 and email_verified_at is not null",
            email.user_id,
            email.recipient
        )
        .fetch_optional(&self.0.db)
        .await?;
        let said = |name: &str| email.parameters.0[name].as_str().map(str::to_owned);
        let at = said(AT).and_then(|it| OffsetDateTime::parse(&it, &Rfc3339).ok());
        let details = SignInDetails {
            device: said(DEVICE),
            address: said(ADDRESS),
            at: at.unwrap_or_else(OffsetDateTime::now_utc),
        };
        Ok(username.map(|username| {
            let link = url.link("/settings");
            PreparedEmail {
                to: email.recipient.clone(),
                content: EmailContent::sign_in(url.as_str(), &username, &details, link),
            }
        }))
    }
}
