//! `Smtp`: the mail server of `SMTP_URL`.

use super::transport::{EmailTransport, SendError, WireEmail};
use futures_util::future::BoxFuture;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use percent_encoding::percent_decode_str;
use reqwest::Url;
use std::{borrow::Cow, fmt, net::IpAddr, str::FromStr, time::Duration};
use tokio::time::timeout;

/// Until an answer to one command of SMTP.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(20);

/// Until the mail server has taken a mail, or it counts as not taken.
pub const SEND_TIMEOUT: Duration = Duration::from_mins(1);

const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;

/// Codes that refuse this server and not the mail: authentication (RFC 4954, 6), and a service that is not there
/// (RFC 5321, 4.2.3). An operator may put that right.
const OF_THIS_SERVER: [u16; 6] = [502, 521, 530, 534, 535, 538];

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encryption {
    /// From its beginning: `smtps://`.
    Wrapped,
    /// By STARTTLS, without which nothing is sent: `smtp://`.
    StartTls,
    /// Not at all: `smtp://…?tls=none`.
    Nothing,
}

/// The setting `SMTP_URL`. It may have a user and a password, which are for the mail server only.
#[derive(Clone)]
pub struct SmtpAddress {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
}

impl fmt::Debug for SmtpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpAddress")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("encryption", &self.encryption)
            .finish_non_exhaustive()
    }
}

impl FromStr for SmtpAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url: Url = text.trim().parse().map_err(|_| "is no URL".to_owned())?;
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or("names no host")?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let encryption = match (url.scheme(), url.query()) {
            ("smtps", None) => Encryption::Wrapped,
            ("smtp", None) => Encryption::StartTls,
            ("smtp", Some("tls=none")) => Encryption::Nothing,
            ("smtp" | "smtps", _) => return Err("knows ?tls=none of smtp:// only".to_owned()),
            _ => return Err("must begin with smtp:// or smtps://".to_owned()),
        };
        if !matches!(url.path(), "" | "/") {
            return Err("must end after host and port".to_owned());
        }
        let decoded = |part: &str| {
            let decoded = percent_decode_str(part).decode_utf8();
            decoded
                .map(Cow::into_owned)
                .map_err(|_| "has a user or a password that is no UTF-8".to_owned())
        };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(
                decoded(url.username())?,
                decoded(password)?,
            )),
            None if url.username().is_empty() => None,
            None => return Err("has a user and no password".to_owned()),
        };
        let is_here =
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
        if credentials.is_some() && encryption == Encryption::Nothing && !is_here {
            return Err("would send the password without encryption".to_owned());
        }
        let port = match encryption {
            Encryption::Wrapped => SUBMISSIONS,
            Encryption::StartTls => SUBMISSION,
            Encryption::Nothing => 25,
        };
        Ok(Self {
            host: host.to_owned(),
            port: url.port().unwrap_or(port),
            encryption,
            credentials,
        })
    }
}

/// Each mail has a connection of its own: there are few.
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// # Errors
    /// The certificates of the system cannot be read.
    pub fn new(address: &SmtpAddress) -> Result<Self, Error> {
        let tls = || TlsParameters::new(address.host.clone());
        let encryption = match address.encryption {
            Encryption::Wrapped => Tls::Wrapper(tls()?),
            Encryption::StartTls => Tls::Required(tls()?),
            Encryption::Nothing => Tls::None,
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&address.host)
            .port(address.port)
            .tls(encryption)
            .timeout(Some(COMMAND_TIMEOUT));
        let builder = match &address.credentials {
            Some(credentials) => builder.credentials(credentials.clone()),
            None => builder,
        };
        Ok(Self(builder.build()))
    }
}

impl EmailTransport for Smtp {
    fn send(&self, email: WireEmail) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(async move {
            let sending = self.0.send_raw(&email.envelope, &email.bytes);
            match timeout(SEND_TIMEOUT, sending).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(send_error(&error)),
                Err(_) => Err(SendError::Later(
                    "the mail server takes too long".to_owned(),
                )),
            }
        })
    }
}

fn send_error(error: &Error) -> SendError {
    let code = error.status().map(u16::from);
    let is_of_mail = error.is_permanent() && !code.is_some_and(|it| OF_THIS_SERVER.contains(&it));
    let words = told(error, code);
    // What the client refuses itself: an address that only SMTPUTF8 has, and the server does not.
    if is_of_mail || error.is_client() {
        SendError::Never(words)
    } else {
        SendError::Later(words)
    }
}

/// The code of an answer and not its text, which has the address and may have the mail's words.
fn told(error: &Error, code: Option<u16>) -> String {
    match code {
        Some(code) => format!("the mail server answers {code}"),
        None => format!("the mail server could not be used: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Encryption, SmtpAddress};

    #[test]
    fn an_address_says_how_the_connection_is_encrypted() {
        let read = |url: &str| {
            let address: SmtpAddress = url.parse().unwrap();
            let has_password = address.credentials.is_some();
            (address.host, address.port, address.encryption, has_password)
        };
        let host = || "mail.example.org".to_owned();
        for (url, address) in [
            (
                "smtp://mail.example.org",
                (host(), 587, Encryption::StartTls, false),
            ),
            (
                "smtps://ada:se%20cret@mail.example.org/",
                (host(), 465, Encryption::Wrapped, true),
            ),
            (
                "smtp://mail.example.org:2525?tls=none",
                (host(), 2525, Encryption::Nothing, false),
            ),
            (
                "smtp://ada:secret@127.0.0.1?tls=none",
                ("127.0.0.1".to_owned(), 25, Encryption::Nothing, true),
            ),
        ] {
            assert_eq!(read(url), address, "{url}");
        }
    }

    #[test]
    fn one_that_would_send_a_password_openly_is_refused() {
        for bad in [
            "",
            "mail.example.org",
            "https://mail.example.org",
            "smtp://",
            "smtp://mail.example.org?tls=opportunistic",
            "smtp://mail.example.org/name",
            "smtp://ada@mail.example.org",
            "smtp://ada:secret@mail.example.org?tls=none",
        ] {
            assert!(bad.parse::<SmtpAddress>().is_err(), "{bad}");
        }
        let address: SmtpAddress = "smtps://ada:secret@mail.example.org".parse().unwrap();
        assert!(!format!("{address:?}").contains("secret"));
    }
}
