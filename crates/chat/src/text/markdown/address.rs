//! Where links of Markdown lead, and whether their labels say so.

use super::host::{
    authority, canonical, has_user, is_clear, readable, without_scheme, written_host,
};
use crate::text::{classes::is_ignorable, links::links, scripts::mixes_lookalikes};
use pulldown_cmark::{LinkType, Tag};
use std::{borrow::Cow, net::Ipv4Addr};
use unicode_normalization::UnicodeNormalization;

/// The address of a link or a picture; `None` where it may not lead: only to the web, to a mailbox, or, by a link, to a
/// conversation of this server.
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
    let is_link = matches!(tag, Tag::Link { .. });
    (is_allowed(&address) || is_link && is_conversation(&address)).then_some(address)
}

/// Whether an address is the path of a conversation of this server, as the page has it.
pub fn is_conversation(address: &str) -> bool {
    let id = address.strip_prefix("/c/").unwrap_or_default();
    id.bytes().all(|it| it.is_ascii_digit()) && id.parse::<i64>().is_ok()
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

/// Where a link leads in truth, if its text says otherwise or hides it: the host, the mailbox, or the path of the
/// conversation. The text is a label, or the address itself.
pub fn contradicted<'a>(label: &str, address: &'a str) -> Option<Cow<'a, str>> {
    let is_within = is_conversation(address);
    let target = if is_within {
        address
    } else {
        written_host(address)
    };
    let known = canonical(target);
    let is_another = |named: &str| canonical(named) != known;
    let read = as_read(label);
    let is_one = read.split_whitespace().nth(1).is_none();
    let mut words = read.split_whitespace().map(bare_word);
    let is_named = label.contains(OVERRIDES)
        || (!is_within && names_conversation(&read))
        || links(label)
            .into_iter()
            .any(|range| !is_clear(written_host(&label[range])))
        || links(&read).into_iter().any(|range| {
            let named = &read[range];
            has_user(named) || is_another(written_host(named))
        })
        || words.any(|word| {
            let named = if is_one || is_well_known(word) {
                names_host(word)
            } else {
                None
            };
            named.is_some_and(is_another)
        });
    is_named.then(|| {
        if is_within {
            Cow::Borrowed(target)
        } else {
            readable(target)
        }
    })
}

/// Whether a label reads as a conversation: `#general`. `#42` is the number of something.
fn names_conversation(label: &str) -> bool {
    let name = label.trim_start().strip_prefix('#');
    name.is_some_and(|name| {
        let name = name.trim();
        !name.is_empty() && !name.chars().all(|c| c.is_ascii_digit())
    })
}

/// Where an address that is shown as it is leads in truth, if it reads as another one.
pub fn misread(address: &str) -> Option<Cow<'_, str>> {
    let is_mailbox = without_scheme(address, "mailto:").is_some();
    let host = written_host(address);
    (!is_mailbox && (has_user(address) || !is_clear(host))).then(|| readable(host))
}

/// After these, signs are shown in an order that is not theirs: `moc.knab` as `bank.com`.
const OVERRIDES: [char; 2] = ['\u{202d}', '\u{202e}'];

/// A label as people read it: without what shows nothing, and with one kind of dot, slash and colon.
fn as_read(label: &str) -> String {
    let shown = label.nfkc().filter(|c| !is_ignorable(*c));
    shown.map(sign_as_read).collect()
}

/// The sign of addresses that another sign looks like: `confusables.txt` of UTS #39, and dots at another height.
fn sign_as_read(c: char) -> char {
    match c {
        '。' | '․' | '·' | '‧' | '∙' | '⋅' | '•' | '・' | 'ㆍ' | '⸱' | 'ꞏ' | 'ꓸ' | '꘎' | '܁'
        | '܂' | '٠' | '۰' | '𐩐' | '𝅭' => '.',
        '⁄' | '∕' | '⧸' | '╱' | '〳' | '᜵' | '⟋' | '⼃' | '丿' => '/',
        '։' | '׃' | 'ː' | '∶' | '꞉' | '˸' | '܃' | '܄' | '᛬' | '፡' => ':',
        c => c,
    }
}

/// A word without the brackets, quotes and full stops around it.
fn bare_word(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/')
}

/// Whether a word among others names a host beyond doubt: `b.js` and `e.g.` do not. A last label that mixes letters
/// of two scripts is made to be read as another.
fn is_well_known(word: &str) -> bool {
    let name = authority(word);
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    let last = name.rsplit_once('.').map_or("", |(_, last)| last);
    let is_top = TOP_DOMAINS.iter().any(|it| it.eq_ignore_ascii_case(last));
    is_top
        || mixes_lookalikes(last)
        || word.contains("://")
        || without_scheme(word, "www.").is_some()
}

/// Top domains that are no ends of file names.
const TOP_DOMAINS: [&str; 33] = [
    "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "io", "dev", "app", "bank",
    "online", "site", "shop", "xyz", "example", "at", "au", "br", "ch", "cn", "de", "es", "eu",
    "fr", "it", "jp", "nl", "ru", "uk", "us",
];

/// The host, or the mailbox, that a word is, with or without a scheme and a path: `a.example/login`.
fn names_host(word: &str) -> Option<&str> {
    if word.contains("://") {
        return Some(written_host(word));
    }
    let named = authority(word);
    let host = written_host(word);
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
    use super::{contradicted, is_conversation, misread};

    #[test]
    fn the_path_of_a_conversation_is_one() {
        for path in ["/c/1", "/c/9223372036854775807"] {
            assert!(is_conversation(path), "{path}");
        }
        for path in [
            "/c/",
            "/c/x",
            "/c/-1",
            "/c/+1",
            "/c/1/m/2",
            "/c/1?x",
            "//c/1",
            "/c//1",
            "/C/1",
            "c/1",
            "/c/9223372036854775808",
            "/c/１",
            "/settings",
            "/form/sign-out",
        ] {
            assert!(!is_conversation(path), "{path}");
        }
    }

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
            ("bank·com", "https://b.example", "b.example"),
            ("log in at bank｡com", "https://b.example", "b.example"),
            ("log in at bank．com", "https://b.example", "b.example"),
            ("log in at bank．com∕x", "https://b.example", "b.example"),
            ("https∶⁄⁄bank.com", "https://b.example", "b.example"),
            ("log in at bank.de", "https://b.example", "b.example"),
            ("bank\u{200f}.com", "https://b.example", "b.example"),
            ("see \u{202e}moc.knab", "https://b.example", "b.example"),
            // Cyrillic.
            ("bаnk.com", "https://bank.com", "bank.com"),
            ("see bank.соm", "https://b.example", "b.example"),
            ("bank.com", "https://bаnk.com", "xn--bnk-6cd.com"),
            (
                "bank.com",
                "https://bank․com․b.example/",
                "bank.com.b.example",
            ),
            (
                "https://bank.com@b.example",
                "https://b.example",
                "b.example",
            ),
            (
                "https://bank.com：x@b.example/",
                "https://b.example",
                "b.example",
            ),
        ] {
            let expected = Some(target).filter(|it| !it.is_empty());
            let found = contradicted(label, address);
            assert_eq!(found.as_deref(), expected, "{label} {address}");
        }
    }

    #[test]
    fn a_label_that_names_no_other_place_is_left_alone() {
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
            ("b．example", "https://b.example"),
            ("b.example", "https://b\u{200b}.example"),
            ("пример.рф", "https://xn--e1afmkfd.xn--p1ai/"),
            ("см. это.Другое дело", "https://b.example"),
            ("at 9:00", "https://b.example"),
        ] {
            assert_eq!(contradicted(label, address), None, "{label} {address}");
        }
    }

    #[test]
    fn a_label_that_reads_as_a_conversation_leads_to_one() {
        for (label, address, target) in [
            ("#general", "https://b.example/c/4", "b.example"),
            ("\u{200b} ＃general", "https://b.example", "b.example"),
            ("#general", "mailto:ada@b.example", "ada@b.example"),
            ("https://bank.com", "/c/4", "/c/4"),
            ("#bank.com", "/c/4", "/c/4"),
            ("#moc.knab\u{202e}", "/c/4", "/c/4"),
        ] {
            let found = contradicted(label, address);
            assert_eq!(found.as_deref(), Some(target), "{label} {address}");
        }
        for (label, address) in [
            ("#42", "https://b.example/issues/42"),
            ("#", "https://b.example"),
            ("#general", "/c/4"),
            ("#Release plan: v2.0 (draft)", "/c/4"),
            ("#日本語", "/c/4"),
        ] {
            assert_eq!(contradicted(label, address), None, "{label} {address}");
        }
    }

    #[test]
    fn an_address_that_is_read_as_another_says_where_it_leads() {
        for (address, target) in [
            ("https://bank.example@b.example/x", "b.example"),
            ("https://bank.example:443@b.example:80", "b.example:80"),
            ("https://bаnk.com/", "xn--bnk-6cd.com"),
            ("https://ｂａｎｋ.com/", "bank.com"),
            ("https://b%61nk.com/", "bank.com"),
        ] {
            assert_eq!(misread(address).as_deref(), Some(target), "{address}");
        }
        assert!(misread("https://bank.com⁄login.b.example/").is_some());
        for address in [
            "https://b.example:80/@ada?x=a@b",
            "https://en.example/Michelson–Morley",
            "https://пример.рф/путь",
            "http://[::1]:80/x",
            "mailto:ada@b.example?subject=x",
        ] {
            assert_eq!(misread(address), None, "{address}");
        }
    }
}
