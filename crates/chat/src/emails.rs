//! E-mails: queued in the transaction of their cause, and sent by whichever node comes first.

mod content;
mod kind;
mod queue;
mod render;
mod settings;
mod smtp;
pub(crate) mod state;
mod transport;
mod worker;

pub(crate) use content::{EmailContent, SignInDetails};
pub(crate) use kind::EmailKind;
pub use queue::EmailBacklog;
pub(crate) use queue::{NewEmail, QueuedEmail, lock_link, note_link, queue_email};
pub use settings::{EmailSettings, Sender};
pub use smtp::{Smtp, SmtpAddress};
pub use transport::{EmailTransport, SendError, WireEmail};
pub(crate) use worker::PreparedEmail;

use crate::{Chat, Error, Result};
use render::render;

/// What a verb answers that needs mails, on a server that sends none.
pub(crate) const NO_EMAILS: Error =
    Error::Conflict("This server sends no e-mail. Ask an administrator.");

impl Chat {
    /// Whether this server sends mails.
    pub fn sends_emails(&self) -> bool {
        self.0.emails.settings.is_some()
    }

    /// The mails that wait, as they were at this node's last look; `None` on a server that sends none.
    pub fn email_backlog(&self) -> Option<EmailBacklog> {
        self.sends_emails().then(|| self.0.emails.backlog())
    }

    /// Sends a mail at once, past the queue, so that the operator sees whether it works.
    ///
    /// # Errors
    /// `NO_EMAILS`, or what the mail server says.
    pub async fn send_test_email(&self, to: &str) -> Result<()> {
        let settings = self.0.emails.settings.as_ref().ok_or(NO_EMAILS)?;
        let content = EmailContent::test(settings.public_url.as_str());
        let sender = (&settings.from, &settings.public_url);
        let wire = render(&content, to, sender, &rand::random::<[u8; 32]>())?;
        settings.transport.send(wire).await.map_err(Error::internal)
    }
}
