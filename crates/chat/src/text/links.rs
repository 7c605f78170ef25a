//! Links in a body: addresses of the web with their scheme. Which characters are part of one follows
//! from their class in Unicode, much as UTS #58 has it: letters, marks and symbols of every script are,
//! brackets, quotes and full stops of every script are not. The crate `linkify` was tried: it takes `。`
//! for a letter, and finds no host that ends in another script, as `пример.рф` does.

use super::classes::{JOINER, NON_JOINER};
use std::ops::Range;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

const SCHEMES: [&str; 2] = ["https://", "http://"];

/// Punctuation of ASCII that belongs to the sentence where it ends a link.
const TRAILING: &str = ".,;:!?'*_";

/// The links of a body, in bytes and in order.
pub fn links(body: &str) -> Vec<Range<usize>> {
    let mut links: Vec<Range<usize>> = Vec::new();
    for (separator, _) in body.match_indices("://") {
        let is_new = links.last().is_none_or(|link| link.end <= separator);
        if is_new && let Some(link) = link(body, separator) {
            links.push(link);
        }
    }
    links
}

/// The link whose scheme ends at a separator.
fn link(body: &str, separator: usize) -> Option<Range<usize>> {
    let authority = separator + "://".len();
    let begins = |scheme: &&str| {
        let start = authority.checked_sub(scheme.len());
        let start = start.and_then(|start| body.get(start..authority));
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let start = authority - SCHEMES.iter().find(|scheme| begins(scheme))?.len();
    // `xhttps` is another scheme. A letter of another script is none of a scheme.
    if body[..start].ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let rest = &body[authority..];
    if !rest.starts_with(|c: char| c.is_alphanumeric() || c == '[') {
        return None;
    }
    let length = without_trailing(&rest[..rest.find(ends_link).unwrap_or(rest.len())]);
    (length > 0).then(|| start..authority + length)
}

/// Whether a link ends before the character: white space, what is invisible, and the brackets, quotes
/// and full stops of scripts other than ASCII. Letters, marks and symbols are part of it (RFC 3987), and so
/// are the dashes and the middle dot that titles of articles have.
fn ends_link(c: char) -> bool {
    const MIDDLE_DOT: char = '·';
    match c {
        _ if c.is_ascii() => c.is_ascii_control() || " <>\"`".contains(c),
        JOINER | NON_JOINER | MIDDLE_DOT => false,
        _ => match c.general_category_group() {
            GeneralCategoryGroup::Punctuation => !is_dash(c),
            GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other => true,
            _ => false,
        },
    }
}

fn is_dash(c: char) -> bool {
    !c.is_ascii() && c.general_category() == GeneralCategory::DashPunctuation
}

/// The length without punctuation at the end, and without closing brackets that the link did not open.
fn without_trailing(link: &str) -> usize {
    let count = |c: char| link.matches(c).count();
    let mut unopened = [('(', ')'), ('[', ']')]
        .map(|(open, close)| (close, count(close).saturating_sub(count(open))));
    let mut length = link.len();
    for (at, c) in link.char_indices().rev() {
        let bracket = unopened
            .iter_mut()
            .find(|(close, left)| *close == c && *left > 0);
        match bracket {
            Some((_, left)) => *left -= 1,
            None if TRAILING.contains(c) || is_dash(c) || matches!(c, JOINER | NON_JOINER) => {}
            None => break,
        }
        length = at;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::links;

    fn found(body: &str) -> Vec<&str> {
        links(body).into_iter().map(|link| &body[link]).collect()
    }

    #[test]
    fn finds_links_without_the_punctuation_around_them() {
        assert_eq!(
            found("see https://a.example/x_(y)?q=1. Or (http://b.example)!"),
            ["https://a.example/x_(y)?q=1", "http://b.example"]
        );
        assert_eq!(found("HTTPS://A.example"), ["HTTPS://A.example"]);
        for text in [
            "*https://a.example*",
            "_https://a.example/b_",
            "<https://a.example>",
            "\"https://a.example\"",
        ] {
            assert_eq!(found(text).len(), 1, "{text}");
            assert!(!found(text)[0].ends_with(['*', '_', '>', '"']), "{text}");
        }
    }

    #[test]
    fn finds_links_after_letters_of_every_script() {
        for before in [
            "见",
            "これは",
            "カ",
            "ดู",
            "смотри",
            "انظر",
            "看：",
            "보기",
            "é",
            "🙂",
        ] {
            let text = format!("{before}https://a.example/x");
            assert_eq!(found(&text), ["https://a.example/x"], "{text}");
        }
    }

    #[test]
    fn links_end_at_the_punctuation_of_every_script() {
        for after in [
            "。",
            "，",
            "”",
            "’",
            "」",
            "）",
            "】",
            "！",
            "？",
            "、",
            "。然后",
            "”说",
            "؟",
            "।",
            "»",
            "…",
            "\u{200b}",
            "\u{202e}x",
            "\u{3000}x",
            "\u{a0}x",
            "–",
            "・",
        ] {
            let text = format!("“https://a.example/x{after}");
            assert_eq!(found(&text), ["https://a.example/x"], "{text}");
        }
    }

    #[test]
    fn brackets_around_a_link_are_not_part_of_it() {
        for (text, link) in [
            (
                "(https://ru.example/Ада_(имя))",
                "https://ru.example/Ада_(имя)",
            ),
            ("（https://例え.example/路）", "https://例え.example/路"),
            ("«https://пример.рф»", "https://пример.рф"),
            ("[x](https://a.example/(b)).", "https://a.example/(b)"),
        ] {
            assert_eq!(found(text), [link]);
        }
    }

    #[test]
    fn addresses_in_other_scripts_are_links() {
        for link in [
            "https://例え.example/パス",
            "https://пример.рф/путь",
            "https://bücher.example/größe",
            "https://fa.example/نیم\u{200c}فاصله",
            "https://en.example/Michelson–Morley",
            "https://ca.example/Paral·lel",
            "https://hi.example/हिन्दी",
            "http://[::1]:80/x",
            "https://a_b.example",
        ] {
            assert_eq!(found(&format!("x {link} y")), [link]);
        }
    }

    #[test]
    fn takes_nothing_dangerous_or_half_for_a_link() {
        for text in [
            "javascript:alert(1)",
            "javascript://a.example/%0aalert(1)",
            "https://",
            "https://。",
            "xhttps://a.example",
            "data:text/html,x",
            "https:// a",
            "ftp://a.example",
            "://",
            "https://-",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        assert_eq!(
            found("https://a.example/\"onclick=x"),
            ["https://a.example/"]
        );
    }
}
