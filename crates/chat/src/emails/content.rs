//! `EmailContent`: the words of each mail. Subjects are fixed, and of what strangers choose only usernames are in it, whose
//! letters are `a` to `z`, digits and three signs: a mail that somebody else has asked for carries no message of theirs.

use time::{OffsetDateTime, macros::format_description};

/// A mail in words. Everything in it is plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailContent {
    pub subject: &'static str,
    pub before: Vec<String>,
    /// What the link does, and where it leads.
    pub link: Option<(&'static str, String)>,
    pub after: Vec<String>,
}

/// The note of a sign-in.
pub struct SignInDetails {
    pub device: Option<String>,
    pub address: Option<String>,
    pub at: OffsetDateTime,
}

impl EmailContent {
    pub fn password_reset(host: &str, username: &str, link: String) -> Self {
        Self {
            subject: "Choose a new password",
            before: vec![format!(
                "Somebody, hopefully you, has forgotten the password of the account {username} at {host}."
            )],
            link: Some(("Choose a new password", link)),
            after: vec![
                "The link works once, within 30 minutes. By it you are signed out everywhere else."
                    .to_owned(),
                "If it was not you, do nothing: your password stays as it is.".to_owned(),
            ],
        }
    }

    pub fn verification(host: &str, username: &str, link: String) -> Self {
        Self {
            subject: "Confirm your e-mail address",
            before: vec![format!(
                "The account {username} at {host} says that this is its e-mail address."
            )],
            link: Some(("Confirm the address", link)),
            after: vec![
                "The link works once, within 24 hours.".to_owned(),
                "If you have no such account, do nothing: without the link nobody can use your address there."
                    .to_owned(),
            ],
        }
    }

    /// `is_removed`: the account has no address from now on.
    pub fn address_change(host: &str, username: &str, is_removed: bool, link: String) -> Self {
        let said = if is_removed {
            format!("This e-mail address was removed from the account {username} at {host}.")
        } else {
            format!(
                "Somebody who is signed in to the account {username} at {host} has given it another e-mail \
                 address. It takes the place of this one once it is confirmed."
            )
        };
        Self {
            subject: "Your e-mail address is being changed",
            before: vec![said],
            link: Some(("Open the settings", link)),
            after: vec![
                "If it was not you, change your password at once, sign out everywhere else, and tell an \
                 administrator."
                    .to_owned(),
            ],
        }
    }

    pub fn invitation(host: &str, by: Option<&str>, until: OffsetDateTime, link: String) -> Self {
        let by = by.unwrap_or("The operator");
        Self {
            subject: "You are invited",
            before: vec![format!("{by} invites you to the team chat at {host}.")],
            link: Some(("Accept the invitation", link)),
            after: vec![
                format!("The invitation ends at {}.", moment(until)),
                "If you do not know why you get this, do nothing: nothing is kept of you."
                    .to_owned(),
            ],
        }
    }

    pub fn sign_in(host: &str, username: &str, details: &SignInDetails, link: String) -> Self {
        let device = details.device.as_deref().unwrap_or("an unknown program");
        let from = match &details.address {
            Some(address) => format!("From: {address}"),
            None => "From: an unknown address".to_owned(),
        };
        Self {
            subject: "A sign-in from a new device",
            before: vec![
                format!("The account {username} at {host} was signed in to from a device that is new to it."),
                format!("Device: {device}"),
                from,
                format!("Time: {}", moment(details.at)),
            ],
            link: Some(("See where you are signed in", link)),
            after: vec![
                "If it was you, there is nothing to do. If not, end that session, and change your password at \
                 once."
                    .to_owned(),
                "You can turn these notes off in the settings, at E-mail.".to_owned(),
            ],
        }
    }

    /// `text`: a sentence of ours.
    pub fn security_change(
        host: &str,
        username: &str,
        text: &str,
        at: OffsetDateTime,
        link: String,
    ) -> Self {
        Self {
            subject: "The security of your account has changed",
            before: vec![
                format!("This concerns the account {username} at {host}."),
                text.to_owned(),
                format!("Time: {}", moment(at)),
            ],
            link: Some(("Open the settings", link)),
            after: vec![
                "If it was you, there is nothing to do. If not, change your password at once, sign out everywhere \
                 else, and tell an administrator."
                    .to_owned(),
            ],
        }
    }

    pub fn test(host: &str) -> Self {
        Self {
            subject: "A test of e-mail",
            before: vec![format!(
                "The operator of {host} has sent this to see whether e-mail works. It does."
            )],
            link: None,
            after: Vec::new(),
        }
    }
}

fn moment(at: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    let at = at.to_offset(time::UtcOffset::UTC);
    at.format(&format).unwrap_or_else(|_| at.to_string())
}
