//! E-mail addresses. Two that differ in case, composition or width are one (`email_key`,
//! `migrations/0023_text.sql`); they are kept as they were written.

use super::classes::is_printable;
use crate::{Error, Result};

/// Refuses what is evidently no address. Nothing is sent to it.
///
/// # Errors
/// `Invalid`.
pub fn check_email(email: &str) -> Result<()> {
    let has_dot = || {
        let domain = email.split_once('@').map(|(_, domain)| domain);
        domain.is_some_and(|it| it.contains('.'))
    };
    if is_email(email) && has_dot() {
        Ok(())
    } else {
        Err(Error::invalid("email", "is not an e-mail address"))
    }
}

/// Whether a text has the form of an address, and nothing in it is invisible or a space.
pub fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    let has_parts = parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
    has_parts && text.chars().all(|c| is_printable(c) && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::check_email;

    #[test]
    fn knows_addresses_from_other_texts() {
        for good in [
            "ada@example.org",
            "почта@пример.рф",
            "cafe\u{301}@example.org",
        ] {
            assert!(check_email(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@example",
            "a da@example.org",
            "ada\u{200b}@example.org",
            "ada\u{202e}@example.org",
            "ada\u{a0}@example.org",
        ] {
            assert!(check_email(bad).is_err(), "{bad:?}");
        }
    }
}
