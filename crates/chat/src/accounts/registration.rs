//! Who may register: everybody, those whom an administrator has invited, or nobody.

use crate::{Error, Result, text::is_email};
use std::{fmt, str::FromStr};

/// The setting `REGISTRATION`. Tokens of apps are taken in any case: their users are the app's to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    #[default]
    Open,
    /// With an invitation only.
    Invitation,
    /// By administrators and the operator only. Invitations are not taken, but for that of the first
    /// administrator.
    Closed,
}

/// The host of e-mail addresses. `münchen.de` and `xn--mnchen-3ya.de` are the same one (UTS #46).
#[derive(Clone, Debug)]
pub struct EmailDomain {
    written: String,
    ascii: String,
}

impl EmailDomain {
    pub(crate) fn is_of(&self, email: &str) -> bool {
        let host = email.rsplit_once('@').map(|(_, host)| host);
        let ascii = host.and_then(|host| idna::domain_to_ascii_strict(host).ok());
        ascii.is_some_and(|ascii| ascii == self.ascii)
    }
}

/// With or without the `@` before it.
impl FromStr for EmailDomain {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let written = text.trim();
        let written = written.strip_prefix('@').unwrap_or(written);
        match idna::domain_to_ascii_strict(written) {
            Ok(ascii) if ascii.contains('.') && is_email(&format!("x@{ascii}")) => Ok(Self {
                written: written.to_owned(),
                ascii,
            }),
            _ => Err("is not the host of e-mail addresses, such as example.org"),
        }
    }
}

impl fmt::Display for EmailDomain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

/// The settings of registration.
#[derive(Clone, Debug, Default)]
pub struct RegistrationRules {
    pub registration: Registration,
    /// Hosts of which who registers without an invitation must have an e-mail address; empty for any. Where
    /// mails are sent, they open no session before they have proved that it is theirs.
    pub domains: Vec<EmailDomain>,
}

pub const REGISTRATION_CLOSED: Error =
    Error::Forbidden("Registration is closed. Ask an administrator for an account.");
const BY_INVITATION: Error =
    Error::Forbidden("Registration is by invitation. Ask an administrator for one.");

impl RegistrationRules {
    /// # Errors
    /// `Forbidden` unless registration is open; `Invalid` for an address at another host.
    pub fn require_open(&self, email: Option<&str>) -> Result<()> {
        match self.registration {
            Registration::Open => self.require_domain(email),
            Registration::Invitation => Err(BY_INVITATION),
            Registration::Closed => Err(REGISTRATION_CLOSED),
        }
    }

    /// # Errors
    /// `Forbidden` where registration is closed.
    pub fn require_invitations(&self) -> Result<()> {
        match self.registration {
            Registration::Open | Registration::Invitation => Ok(()),
            Registration::Closed => Err(REGISTRATION_CLOSED),
        }
    }

    /// The hosts in words: `example.org or example.com`; empty where any will do.
    pub fn domain_names(&self) -> String {
        let domains: Vec<_> = self.domains.iter().map(ToString::to_string).collect();
        domains.join(" or ")
    }

    /// # Errors
    /// `Invalid` for an address at another host, and for none where there must be one.
    pub fn require_domain(&self, email: Option<&str>) -> Result<()> {
        let is_allowed = |email: &str| self.domains.iter().any(|domain| domain.is_of(email));
        if self.domains.is_empty() || email.is_some_and(is_allowed) {
            return Ok(());
        }
        let reason = format!("must be an address at {}", self.domain_names());
        Err(Error::invalid("email", reason))
    }
}

#[cfg(test)]
mod tests {
    use super::{EmailDomain, RegistrationRules};

    #[test]
    fn an_address_must_be_at_one_of_the_hosts() {
        let rules = RegistrationRules {
            domains: ["example.org", "@Example.com", "münchen.de"]
                .map(|it| it.parse().unwrap())
                .to_vec(),
            ..RegistrationRules::default()
        };
        for good in [
            "ada@example.org",
            "ada@EXAMPLE.com",
            "ada@xn--mnchen-3ya.de",
            "ada@MÜNCHEN.de",
        ] {
            assert!(rules.require_open(Some(good)).is_ok(), "{good}");
        }
        for bad in [
            "ada@example.net",
            "ada@sub.example.org",
            "ada@notexample.org",
        ] {
            assert!(rules.require_open(Some(bad)).is_err(), "{bad}");
        }
        assert!(rules.require_open(None).is_err());
        assert!(RegistrationRules::default().require_open(None).is_ok());
    }
    #[test]
    fn a_host_is_the_name_of_one() {
        for bad in [
            "",
            "@",
            "example",
            "*.example.org",
            "a@example.org",
            "example..org",
            "exa mple.org",
            "https://example.org",
            "example.org/",
            "10.0.0.1:25",
            "-.org",
        ] {
            assert!(bad.parse::<EmailDomain>().is_err(), "{bad:?}");
        }
    }
}
