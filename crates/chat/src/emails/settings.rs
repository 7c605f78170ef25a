//! What an operator sets for e-mails: the server that takes them, the sender, and the address of this server in links.

use super::transport::EmailTransport;
use lettre::message::Mailbox;
use reqwest::Url;
use std::{fmt, str::FromStr, sync::Arc};

/// The address of this server as people reach it, without a slash at the end: `https://chat.example.org`. Links in mails
/// begin with it, never with the `Host` of a request, which its sender chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The address of a page, by its path.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const REASON: &str = "must be an address such as https://chat.example.org";
        let url: Url = text.trim().parse().map_err(|_| REASON)?;
        let is_plain = matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.path() == "/";
        if is_plain {
            Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
        } else {
            Err(REASON)
        }
    }
}

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
    use super::{PublicUrl, Sender};

    #[test]
    fn the_public_address_is_one_of_the_web() {
        let link = |url: &str| url.parse::<PublicUrl>().map(|it| it.link("/reset/x"));
        let of_host = Ok("https://chat.example.org/reset/x".to_owned());
        assert_eq!(link("https://chat.example.org"), of_host);
        assert_eq!(link(" https://Chat.example.org/ "), of_host);
        assert_eq!(
            link("http://127.0.0.1:8080").unwrap(),
            "http://127.0.0.1:8080/reset/x"
        );
        for bad in [
            "",
            "chat.example.org",
            "ftp://chat.example.org",
            "https://ada@chat.example.org",
            "https://chat.example.org/?a",
            "https://chat.example.org/#a",
            "https://chat.example.org/chat",
            "javascript:alert(1)",
        ] {
            assert!(link(bad).is_err(), "{bad}");
        }
    }

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
