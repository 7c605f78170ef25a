//! What an operator sets for e-mails: the server that takes them, the sender, and the address of this server in links.

use super::transport::EmailTransport;
use crate::public_url::PublicUrl;
use lettre::message::Mailbox;
use std::{fmt, str::FromStr, sync::Arc};

/// The sender of all mails: `chat@example.org`, or `Parlance <chat@example.org>`.
#[derive(Clone, Debug)]
pub struct Sender(pub(super) Mailbox);

impl FromStr for Sender {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_one_line = !text.chars().any(char::is_control);
        let mailbox = is_one_line.then(|| text.trim().parse().ok()).flatten();
        let reason = "must be an address such as chat@example.org, or Parlance <chat@example.org>";
        mailbox.map(Self).ok_or(reason)
    }
}

/// Present where the server sends mails.
#[derive(Clone)]
pub struct EmailSettings {
    pub transport: Arc<dyn EmailTransport>,
    pub from: Sender,
    pub public_url: PublicUrl,
}

impl fmt::Debug for EmailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailSettings")
            .field("from", &self.from)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Sender;

    #[test]
    fn a_sender_is_one_mailbox() {
        for good in [
            "chat@example.org",
            "Parlance <chat@example.org>",
            "Büro <chat@example.org>",
        ] {
            assert!(good.parse::<Sender>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "Parlance",
            "a@b.org, c@d.org",
            "a@b.org\r\nBcc: c@d.org",
        ] {
            assert!(bad.parse::<Sender>().is_err(), "{bad:?}");
        }
    }
}
