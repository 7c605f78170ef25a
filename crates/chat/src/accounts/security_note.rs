//! Notes of changed security: a mail to the proved address of an account whose password, second factor, tokens or identities
//! have changed. Somebody who has come into the account by another way cannot keep it from its user then.

use crate::{
    Chat, Result,
    emails::{EmailContent, EmailKind, NewEmail, PreparedEmail, QueuedEmail, queue_email},
    public_url::PublicUrl,
};
use model::UserId;
use serde_json::json;
use sqlx::PgConnection;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The parameters of a note.
const CHANGE: &str = "change";
const AT: &str = "at";

/// What has changed. Nothing that somebody has typed is in the mail: whoever has changed it would choose what the mail says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecurityChange {
    Password,
    TwoFactorOn,
    TwoFactorOff,
    /// By an administrator.
    TwoFactorReset,
    TokenMade,
    IdentityLinked,
}

impl SecurityChange {
    const ALL: [Self; 6] = [
        Self::Password,
        Self::TwoFactorOn,
        Self::TwoFactorOff,
        Self::TwoFactorReset,
        Self::TokenMade,
        Self::IdentityLinked,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::TwoFactorOn => "two_factor_on",
            Self::TwoFactorOff => "two_factor_off",
            Self::TwoFactorReset => "two_factor_reset",
            Self::TokenMade => "token_made",
            Self::IdentityLinked => "identity_linked",
        }
    }

    /// The sentence of the mail.
    fn text(self) -> &'static str {
        match self {
            Self::Password => "The password was changed.",
            Self::TwoFactorOn => "Two-factor authentication was turned on.",
            Self::TwoFactorOff => "Two-factor authentication was turned off.",
            Self::TwoFactorReset => {
                "An administrator has turned two-factor authentication off, and signed the account out everywhere."
            }
            Self::TokenMade => "A token was made, with which a program uses the account.",
            Self::IdentityLinked => {
                "An account elsewhere was linked, with which one can sign in from now on."
            }
        }
    }
}

impl Chat {
    /// Queues the note in the transaction of the change, where the user has proved an address. `Emails::wake` is to follow
    /// the commit. Where too many mails wait, there is no note: the change is made in any case.
    pub(crate) async fn queue_security_note(
        &self,
        tx: &mut PgConnection,
        user_id: UserId,
        change: SecurityChange,
    ) -> Result<()> {
        if !self.sends_emails() {
            return Ok(());
        }
        let address = sqlx::query_scalar!(
            r#"select email as "email!" from users
            where id = $1 and email is not null and email_verified_at is not null"#,
            user_id.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(address) = address else {
            return Ok(());
        };
        let note = NewEmail {
            kind: EmailKind::SecurityChange,
            user_id: Some(user_id),
            recipient: &address,
            parameters: json!({
                CHANGE: change.name(),
                AT: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            }),
            nonce: rand::random(),
        };
        queue_email(tx, note).await.map(drop)
    }

    pub(crate) async fn prepare_security_note(
        &self,
        url: &PublicUrl,
        email: &QueuedEmail,
    ) -> Result<Option<PreparedEmail>> {
        let username =
            sqlx::query_scalar!("select username from users where id = $1", email.user_id)
                .fetch_optional(&self.0.db)
                .await?;
        let said = |name: &str| email.parameters.0[name].as_str();
        let mut changes = SecurityChange::ALL.into_iter();
        // A change that only a later version knows is still one.
        let text = changes
            .find(|it| Some(it.name()) == said(CHANGE))
            .map_or("Something was changed.", SecurityChange::text);
        let at = said(AT).and_then(|it| OffsetDateTime::parse(it, &Rfc3339).ok());
        let at = at.unwrap_or_else(OffsetDateTime::now_utc);
        Ok(username.map(|username| {
            let link = url.link("/settings");
            PreparedEmail {
                to: email.recipient.clone(),
                content: EmailContent::security_change(url.as_str(), &username, text, at, link),
            }
        }))
    }
}
