//! E-mail addresses. Two that differ in case, composition or width are one, and so are the two forms of a
//! host in another script, `münchen.de` and `xn--mnchen-3ya.de` (`email_key`, `migrations/0040_text.sql`);
//! they are kept as they were written.

use super::classes::is_printable;
use crate::{Error, Result};
use email_address::{EmailAddress, Options};

/// Refuses what is evidently no address. Nothing is sent to it.
///
/// # Errors
/// `Invalid`.
pub fn check_email(email: &str) -> Result<()> {
    let has_dot = || {
        email
            .rsplit_once('@')
            .is_some_and(|(_, it)| it.contains('.'))
    };
    if is_email(email) && has_dot() {
        Ok(())
    } else {
        Err(Error::invalid("email", "is not an e-mail address"))
    }
}

/// Whether a text is an address by the grammar of RFC 5322 with what RFC 6531 adds to it, at a host that can be
/// asked for by name, and nothing in it is invisible or a space.
pub fn is_email(text: &str) -> bool {
    let is_shown = text.chars().all(|c| is_printable(c) && !c.is_whitespace());
    let Some((local, host)) = text.rsplit_once('@').filter(|_| is_shown) else {
        return false;
    };
    // Within quotation marks RFC 5322 allows another one, which some programs take for the end of the local part.
    if local.contains('@') {
        return false;
    }
    // In ASCII (UTS #46): the limits of lengths are those of this form.
    let Ok(host) = idna::domain_to_ascii_strict(host) else {
        return false;
    };
    // RFC 6531 takes every character outside ASCII for a letter. The crate takes no marks for letters, of which
    // words of Hindi consist.
    let as_letter = |c: char| if c.is_ascii() { c } else { 'x' };
    let local: String = local.chars().map(as_letter).collect();
    let options = Options::default()
        .without_display_text()
        .without_domain_literal();
    EmailAddress::parse_with_options(&format!("{local}@{host}"), options).is_ok()
}

#[cfg(test)]
mod tests {
    use super::check_email;

    #[test]
    fn knows_addresses_from_other_texts() {
        for good in [
            "ada@example.org",
            "ada.lovelace+tag@mail.example.org",
            "o'hara_-@example.org",
            "почта@пример.рф",
            "cafe\u{301}@example.org",
            "हिन्दी@हिन्दी.भारत",
            "me@münchen.de",
            "me@xn--mnchen-3ya.de",
            "ａｄａ@example.org",
            "Ada@EXAMPLE.org",
        ] {
            assert!(check_email(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@example",
            "a@b@c.de",
            "\"a@evil.example\"@example.org",
            "a@ex..de",
            "a@.de",
            "a@ex.de.",
            "a@-ex.de",
            "a@ex-.de",
            "a@ex_am.de",
            "a@ex,de.org",
            "a@xn--a.de",
            "a..b@ex.de",
            ".a@ex.de",
            "a.@ex.de",
            "a(b)@ex.de",
            "a,b@ex.de",
            "Ada <ada@example.org>",
            "<ada@example.org>",
            "a@[127.0.0.1]",
            &format!("a@{}.de", "b".repeat(64)),
            &format!("{}@example.org", "a".repeat(65)),
            "a da@example.org",
            "ada@exa mple.org",
            "ada\u{200b}@example.org",
            "ada\u{202e}@example.org",
            "ada\u{a0}@example.org",
        ] {
            assert!(check_email(bad).is_err(), "{bad:?}");
        }
    }
}
