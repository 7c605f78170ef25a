//! Sends the mails that wait, behind all else: no request waits for a mail server.
//!
//! Whichever node comes first takes a mail for a while, in which the others pass over it. It makes the words and the link, and
//! forgets the mail once the mail server is responsible for it. A node that dies between these two lets the mail be sent
//! again, as the same one (`Message-ID`) and with the same link.

use super::{
    content::EmailContent,
    kind::EmailKind,
    queue::{QueuedEmail, forget_email, give_up_old, read_backlog, retry_email, take_emails},
    render::render,
    settings::EmailSettings,
    transport::SendError,
};
use crate::{Chat, Error, Result};
use metrics::{counter, gauge};
use std::time::Duration;
use tokio::{task::JoinSet, time::sleep};

/// Mails that a node sends at once.
const MAX_AT_ONCE: usize = 4;

/// Longest sleep, within which a node learns what another one has left.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// A mail with its words, and the address that it goes to.
pub struct PreparedEmail {
    pub to: String,
    pub content: EmailContent,
}

impl Chat {
    /// Sends mails until it is aborted; not at all on a server that sends none.
    pub async fn keep_emails(&self) {
        if self.0.emails.settings.is_none() {
            return;
        }
        let mut running = JoinSet::new();
        loop {
            if let Err(error) = self.begin_emails(&mut running).await {
                tracing::warn!(%error, "e-mails are sent later");
                sleep(LOOK_INTERVAL).await;
            }
            tokio::select! {
                Some(_) = running.join_next() => {}
                () = self.0.emails.queued() => {}
                () = sleep(LOOK_INTERVAL) => {}
            }
        }
    }

    /// Sends the mails that are due now, each once.
    pub async fn send_due_emails(&self) -> Result<()> {
        let mut running = JoinSet::new();
        loop {
            self.begin_emails(&mut running).await?;
            if running.join_next().await.is_none() {
                return Ok(());
            }
        }
    }

    async fn begin_emails(&self, running: &mut JoinSet<()>) -> Result<()> {
        let Some(settings) = &self.0.emails.settings else {
            return Ok(());
        };
        while running.try_join_next().is_some() {}
        let db = &self.0.db;
        let given_up = give_up_old(db).await?;
        if given_up > 0 {
            counter!("parlance_emails_total", "outcome" => "given_up").increment(given_up);
            tracing::error!(
                count = given_up,
                "e-mails were not sent within a day, and are given up"
            );
        }
        let room = MAX_AT_ONCE.saturating_sub(running.len());
        if room > 0 {
            let room = i64::try_from(room).map_err(Error::internal)?;
            for email in take_emails(db, room).await? {
                let (chat, settings) = (self.clone(), settings.clone());
                running.spawn(async move { chat.send_email(&settings, &email).await });
            }
        }
        let backlog = read_backlog(db).await?;
        #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52")]
        {
            gauge!("parlance_emails_waiting").set(backlog.waiting as f64);
            gauge!("parlance_email_lag_seconds").set(backlog.lag_seconds as f64);
        }
        self.0.emails.set_backlog(backlog);
        Ok(())
    }

    async fn send_email(&self, settings: &EmailSettings, email: &QueuedEmail) {
        let (id, kind) = (email.id, email.kind.as_str());
        let outcome = match self.try_send(settings, email).await {
            Ok(true) => "sent",
            Ok(false) => "dropped",
            Err(SendError::Never(reason)) => {
                tracing::warn!(id, kind, reason, "an e-mail is given up");
                "refused"
            }
            Err(SendError::Later(reason)) => {
                tracing::warn!(
                    id,
                    kind,
                    reason,
                    attempt = email.attempts,
                    "an e-mail is sent later"
                );
                "delayed"
            }
        };
        counter!("parlance_emails_total", "outcome" => outcome).increment(1);
        let kept = match outcome {
            "delayed" => retry_email(&self.0.db, email).await,
            _ => forget_email(&self.0.db, email).await,
        };
        if let Err(error) = kept {
            tracing::error!(%error, id, kind, "what became of an e-mail was not written down: it may be sent again");
        }
    }

    /// Returns whether the mail was sent: one that nobody needs any more is not.
    async fn try_send(
        &self,
        settings: &EmailSettings,
        email: &QueuedEmail,
    ) -> Result<bool, SendError> {
        let failed = |error: Error| {
            if error.may_pass() {
                SendError::Later(error.to_string())
            } else {
                SendError::Never(error.to_string())
            }
        };
        let prepared = self.prepare_email(settings, email).await.map_err(failed)?;
        let Some(PreparedEmail { to, content }) = prepared else {
            return Ok(false);
        };
        let sender = (&settings.from, &settings.public_url);
        let wire = render(&content, &to, sender, &email.nonce).map_err(failed)?;
        settings.transport.send(wire).await?;
        Ok(true)
    }

    /// The mail in words; `None` for one that nobody needs any more.
    async fn prepare_email(
        &self,
        settings: &EmailSettings,
        email: &QueuedEmail,
    ) -> Result<Option<PreparedEmail>> {
        let url = &settings.public_url;
        match EmailKind::parse(&email.kind) {
            Some(EmailKind::PasswordReset) => self.prepare_password_reset(url, email).await,
            Some(EmailKind::Verification) => self.prepare_verification(url, email).await,
            Some(EmailKind::AddressChange) => self.prepare_address_change(url, email).await,
            Some(EmailKind::Invitation) => self.prepare_invitation(url, email).await,
            Some(EmailKind::SignIn) => self.prepare_sign_in_note(url, email).await,
            Some(EmailKind::SecurityChange) => self.prepare_security_note(url, email).await,
            // A node of a later version has queued it, and sends it.
            None => Err(Error::Overloaded),
        }
    }
}
