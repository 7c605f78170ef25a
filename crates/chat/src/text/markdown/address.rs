//! Where links of Markdown lead, and whether their labels say so.

use crate::text::links::links;
use pulldown_cmark::{LinkType, Tag};
use std::borrow::Cow;

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
    let label = label.trim();
    let mut named = links(label).into_iter().map(|range| host(&label[range]));
    let is_named = named.any(is_another) || names_host(label).is_some_and(is_another);
    is_named.then_some(target)
}

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

/// The host, or the mailbox, that a label of one word is, with or without a path: `a.example/login`.
fn names_host(label: &str) -> Option<&str> {
    if label.contains(char::is_whitespace) || label.contains("://") {
        return None;
    }
    let named = authority(label);
    let host = host(label);
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let (before, last) = name.trim_end_matches('.').rsplit_once('.')?;
    let is_top = last.chars().count() >= 2 && last.starts_with(char::is_alphabetic);
    let is_name = last.chars().all(|c| c.is_alphanumeric() || c == '-');
    let is_port = port.bytes().all(|it| it.is_ascii_digit());
    (is_top && is_name && is_port && before.ends_with(char::is_alphanumeric)).then_some(named)
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
