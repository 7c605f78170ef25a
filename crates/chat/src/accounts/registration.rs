//! Who may register: everybody, those whom an administrator has invited, or nobody.

use crate::{Error, Result};

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

/// The settings of registration.
#[derive(Clone, Debug, Default)]
pub struct RegistrationRules {
    pub registration: Registration,
    /// Hosts of which who registers without an invitation must have an e-mail address; empty for any. Nobody
    /// has proved that the address is theirs.
    pub domains: Vec<String>,
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

    /// # Errors
    /// `Invalid` for an address at another host, and for none where there must be one.
    pub fn require_domain(&self, email: Option<&str>) -> Result<()> {
        let host = email.and_then(|email| Some(email.rsplit_once('@')?.1));
        let is_allowed = |host: &str| {
            let mut domains = self.domains.iter();
            domains.any(|domain| domain.eq_ignore_ascii_case(host))
        };
        if self.domains.is_empty() || host.is_some_and(is_allowed) {
            return Ok(());
        }
        let reason = format!("must be an address at {}", self.domains.join(" or "));
        Err(Error::invalid("email", reason))
    }
}

#[cfg(test)]
mod tests {
    use super::RegistrationRules;

    #[test]
    fn an_address_must_be_at_one_of_the_hosts() {
        let rules = RegistrationRules {
            domains: vec!["example.org".to_owned(), "example.com".to_owned()],
            ..RegistrationRules::default()
        };
        for good in ["ada@example.org", "ada@EXAMPLE.com"] {
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
}
