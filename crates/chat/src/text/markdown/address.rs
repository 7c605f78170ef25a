//! Where links of Markdown lead, and whether their labels say so.

use crate::text::{classes::is_ignorable, links::links};
use pulldown_cmark::{LinkType, Tag};
use std::{borrow::Cow, net::Ipv4Addr};
use unicode_normalization::UnicodeNormalization;

/// The address of a link or a picture; `None` where it may not lead: only to the web, or to a mailbox.
pub fn address<'a>(tag: &'a Tag<'_>) -> Option<Cow<'a, str>> {
    let (Tag::Link {
        link_type,
        dest_url,
        ..
    }
    | Tag::Image {
        link_type,
        dest_url,
        ..
    }) = tag
    else {
        return None;
    };
    let address = if *link_type == LinkType::Email {
        Cow::Owned(format!("mailto:{dest_url}"))
    } else {
        Cow::Borrowed(&**dest_url)
    };
    is_allowed(&address).then_some(address)
}

/// The beginning decides, as it is written: white space and control characters, which browsers would leave out,
/// are not part of any scheme here.
fn is_allowed(address: &str) -> bool {
    ["https://", "http://", "mailto:"]
        .into_iter()
        .any(|scheme| {
            without_scheme(address, scheme)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
        })
}

fn without_scheme<'a>(address: &'a str, scheme: &str) -> Option<&'a str> {
    let start = address.get(..scheme.len())?;
    start
        .eq_ignore_ascii_case(scheme)
        .then(|| &address[scheme.len()..])
}

/// Where the link leads in truth, if its label names another place: the host, or the mailbox.
pub fn contradicted<'a>(label: &str, address: &'a str) -> Option<&'a str> {
    let target = host(address);
    let is_another = |named: &str| !bare(named).eq_ignore_ascii_case(bare(target));
    let label = as_read(label);
    let mut named = links(&label).into_iter().map(|range| host(&label[range]));
    let mut words = label.split_whitespace().map(bare_word);
    let is_one = label.split_whitespace().nth(1).is_none();
    let is_named = named.any(is_another)
        || words.any(|word| {
            let named = if is_one || is_well_known(word) {
                names_host(word)
            } else {
                None
            };
            named.is_some_and(is_another)
        });
    is_named.then_some(target)
}

/// A label as people read it: without what shows nothing, and with one kind of dot.
fn as_read(label: &str) -> String {
    let shown = label.nfkc().filter(|c| !is_ignorable(*c));
    shown
        .map(|c| if matches!(c, '。' | '․') { '.' } else { c })
        .collect()
}

/// A word without the brackets, quotes and full stops around it.
fn bare_word(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/')
}

/// Whether a word among others names a host beyond doubt: `b.js` and `e.g.` do not.
fn is_well_known(word: &str) -> bool {
    let name = authority(word);
    let last = name.rsplit_once('.').map_or("", |(_, last)| last);
    let is_top = TOP_DOMAINS.iter().any(|it| it.eq_ignore_ascii_case(last));
    is_top || word.contains("://") || without_scheme(word, "www.").is_some()
}

/// Top domains that are no ends of file names.
const TOP_DOMAINS: [&str; 12] = [
    "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "io", "dev", "example",
];

/// Between the scheme and the path, without the name and password of a user. Of a mailbox, all of it.
fn host(address: &str) -> &str {
    if let Some(mailbox) = without_scheme(address, "mailto:") {
        return mailbox.split('?').next().unwrap_or(mailbox);
    }
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = authority(rest);
    let host = authority.rsplit_once('@');
    host.map_or(authority, |(_, host)| host)
}

fn authority(rest: &str) -> &str {
    let end = rest.find(['/', '?', '#', '\\']);
    &rest[..end.unwrap_or(rest.len())]
}

/// `www.a.example` and `a.example` are one place to people.
fn bare(host: &str) -> &str {
    without_scheme(host, "www.").unwrap_or(host)
}

/// The host, or the mailbox, that a word is, with or without a scheme and a path: `a.example/login`.
fn names_host(word: &str) -> Option<&str> {
    if word.contains("://") {
        return Some(host(word));
    }
    let named = authority(word);
    let host = host(word);
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    if name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok() {
        return Some(named);
    }
    let (before, last) = name.trim_end_matches('.').rsplit_once('.')?;
    let is_top = last.chars().count() >= 2 && last.starts_with(char::is_alphabetic);
    let is_name = last.chars().all(|c| c.is_alphanumeric() || c == '-');
    (is_top && is_name && before.ends_with(char::is_alphanumeric)).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::contradicted;

    #[test]
    fn a_label_that_names_another_place_is_contradicted() {
        for (label, address, target) in [
            ("https://a.example", "https://b.example", "b.example"),
            ("HTTPS://a.example/x", "https://b.example/x", "b.example"),
            (
                "log in: https://a.example",
                "https://b.example",
                "b.example",
            ),
            ("a.example", "https://b.example/a.example", "b.example"),
            ("www.a.example/login?x", "https://b.example", "b.example"),
            ("a.example:443", "https://b.example:444/", "b.example:444"),
            (
                "https://a.example",
                "https://a.example@b.example",
                "b.example",
            ),
            ("https://a.example", "https://a.example\\@b.example", ""),
            (
                "https://a.example",
                "https://a.example.b.example",
                "a.example.b.example",
            ),
            (
                "https://a.example",
                "mailto:ada@a.example?subject=x",
                "ada@a.example",
            ),
            ("пример.рф", "https://b.example", "b.example"),
            ("(bank.com)", "https://b.example", "b.example"),
            ("\"bank.com\"!", "https://b.example", "b.example"),
            ("bank.com…", "https://b.example", "b.example"),
            ("bank\u{200b}.com", "https://b.example", "b.example"),
            ("h\u{200b}ttps://bank.com", "https://b.example", "b.example"),
            ("moc.knab\u{202e}", "https://b.example", "b.example"),
            ("bank․com", "https://b.example", "b.example"),
            ("bank。com", "https://b.example", "b.example"),
            ("ｂａｎｋ．ｃｏｍ", "https://b.example", "b.example"),
            ("→ bank.com", "https://b.example", "b.example"),
            ("bank.com/ login", "https://b.example", "b.example"),
            ("ftp://bank.com", "https://b.example", "b.example"),
            ("192.168.1.1", "https://b.example", "b.example"),
            ("localhost:80", "https://b.example", "b.example"),
            ("bank.com:443x", "https://b.example", "b.example"),
        ] {
            let expected = Some(target).filter(|it| !it.is_empty());
            assert_eq!(contradicted(label, address), expected, "{label} {address}");
        }
        for (label, address) in [
            ("here", "https://b.example"),
            ("b.example", "https://www.b.example/x"),
            ("https://B.example/x", "https://b.example/y"),
            ("see the docs of b.js", "https://b.example"),
            ("version 1.2", "https://b.example"),
            ("1.2.3", "https://b.example"),
            ("", "https://b.example"),
            ("ada@b.example", "mailto:ada@b.example"),
            ("b.example/@ada", "https://b.example/@ada"),
            ("e.g.", "https://b.example"),
        ] {
            assert_eq!(contradicted(label, address), None, "{label} {address}");
        }
    }
}
