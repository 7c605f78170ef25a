//! The host that an address leads to in truth, as browsers read it (the host parser of the URL standard), and whether
//! people would read the same.

use crate::text::{
    classes::{is_ignorable, is_nonspacing_mark},
    scripts::mixes_lookalikes,
};
use std::{borrow::Cow, str};
use unicode_normalization::{UnicodeNormalization, is_nfkc};

/// What is between the scheme and the path. Of a mailbox, all of it.
pub fn authority(rest: &str) -> &str {
    let end = rest.find(['/', '?', '#', '\\']);
    &rest[..end.unwrap_or(rest.len())]
}

/// A text without a scheme at its beginning, in any case of letters.
pub fn without_scheme<'a>(address: &'a str, scheme: &str) -> Option<&'a str> {
    let start = address.get(..scheme.len())?;
    start
        .eq_ignore_ascii_case(scheme)
        .then(|| &address[scheme.len()..])
}

/// The host of an address as it is written, with its port, without the name and password of a user. Of a mailbox,
/// all of it.
pub fn written_host(address: &str) -> &str {
    if let Some(mailbox) = without_scheme(address, "mailto:") {
        return mailbox.split('?').next().unwrap_or(mailbox);
    }
    let authority = web_authority(address);
    let host = authority.rsplit_once('@');
    host.map_or(authority, |(_, host)| host)
}

/// Whether the address of a site has a name or a password of a user before its host, which reads as a host:
/// `https://bank.example@b.example`.
pub fn has_user(address: &str) -> bool {
    without_scheme(address, "mailto:").is_none() && web_authority(address).contains('@')
}

fn web_authority(address: &str) -> &str {
    authority(address.split_once("://").map_or(address, |(_, rest)| rest))
}

/// The host in the form in which two that lead to one place are the same: in ASCII, without `www.`.
pub fn canonical(host: &str) -> String {
    let host = in_ascii(host);
    let host = host.strip_suffix('.').unwrap_or(&host);
    host.strip_prefix("www.").unwrap_or(host).to_owned()
}

/// The host as people read it, if they read what it is; in ASCII otherwise.
pub fn readable(host: &str) -> Cow<'_, str> {
    if is_clear(host) {
        Cow::Borrowed(host)
    } else {
        Cow::Owned(in_ascii(host))
    }
}

/// Whether a host consists of letters and digits that are what they look like: no sign that looks like a dot or a
/// slash, nothing that is shown as nothing, no wide form, no label of letters that look alike in two scripts. A host
/// of one foreign script is clear.
pub fn is_clear(host: &str) -> bool {
    let is_plain = |c: char| {
        if c.is_ascii() {
            c.is_ascii_alphanumeric() || "-._:@[]+".contains(c)
        } else {
            (c.is_alphanumeric() || is_nonspacing_mark(c)) && !is_ignorable(c)
        }
    };
    host.is_ascii() && host.chars().all(is_plain)
        || host.chars().all(is_plain)
            && is_nfkc(&host.to_lowercase())
            && !host.split('.').any(mixes_lookalikes)
}

/// Browsers leave out tabs and line breaks, decode what is written as `%61`, and ask for a name in ASCII.
fn in_ascii(host: &str) -> String {
    let host: String = host.chars().filter(|c| !"\t\n\r".contains(*c)).collect();
    let host = decoded(&host);
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => (name, Some(port)),
        _ => (&*host, None),
    };
    // A name that some browser refuses is read as its compatible signs.
    let compatible = || name.nfkc().collect::<String>().to_lowercase();
    let name = idna::domain_to_ascii(name).unwrap_or_else(|_| compatible());
    match port {
        Some(port) => format!("{name}:{port}"),
        None => name,
    }
}

fn decoded(host: &str) -> Cow<'_, str> {
    if !host.contains('%') {
        return Cow::Borrowed(host);
    }
    let mut bytes = Vec::with_capacity(host.len());
    let mut rest = host.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let digits = digits.and_then(|it| str::from_utf8(it).ok());
        let byte = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{canonical, is_clear, readable};

    #[test]
    fn a_host_is_the_one_that_browsers_ask_for() {
        for (host, expected) in [
            ("WWW.B.example", "b.example"),
            ("b。example", "b.example"),
            ("b．example:80", "b.example:80"),
            ("b\u{200b}a\u{ad}nk.com", "bank.com"),
            ("b\tank.com", "bank.com"),
            ("b%61nk%2ecom", "bank.com"),
            ("пример.рф.", "xn--e1afmkfd.xn--p1ai"),
            ("[::1]:80", "[::1]:80"),
            ("b%zz", "b%zz"),
        ] {
            assert_eq!(canonical(host), expected, "{host}");
        }
    }

    #[test]
    fn a_host_that_reads_as_another_is_shown_in_ascii() {
        for host in [
            "b.example:443",
            "a_b.example",
            "пример.рф",
            "例え.テスト",
            "bücher.example",
            "a中文.com",
            "हिन्दी.example",
            "[::1]:80",
            "ada@b.example",
        ] {
            assert!(is_clear(host), "{host}");
            assert_eq!(readable(host), host);
        }
        for (host, shown) in [
            // Cyrillic.
            ("bаnk.com", "xn--bnk-6cd.com"),
            // Greek.
            ("bοnk.com", "xn--bnk-9yc.com"),
            ("bank.com⁄login.b.example", ""),
            ("bank.com∕login.b.example", ""),
            ("bank․com", "bank.com"),
            ("ｂａｎｋ.com", "bank.com"),
            ("ba\u{200b}nk.com", "bank.com"),
            ("b%61nk.com", "bank.com"),
        ] {
            assert!(!is_clear(host), "{host}");
            let found = readable(host);
            assert!(found.is_ascii() || shown.is_empty(), "{host} {found}");
            if !shown.is_empty() {
                assert_eq!(found, shown, "{host}");
            }
        }
    }
}
