//! Links in a body: addresses of the web with their scheme. Which characters are part of one follows
//! from their class in Unicode, much as UTS #58 has it: letters, marks and symbols of every script are, and
//! brackets that the link opens itself; quotes, commas and full stops of every script are not. The crate
//! `linkify` was tried: it takes `。` for a letter, and finds no host that ends in another script, as
//! `пример.рф` does.

mod brackets;
mod host;

use super::{
    classes::{JOINER, NON_JOINER},
    scripts::has_spaces,
};
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
    let rest = &rest[..end(rest)];
    let length = without_trailing(&rest[..host::end(rest)]);
    (length > 0).then(|| start..authority + length)
}

/// Where the text after the scheme ends that may be part of the link.
fn end(rest: &str) -> usize {
    let mut open = brackets::Open::default();
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if !open.read(at, c) || ends_link(c, next) {
            return open.end(at);
        }
    }
    open.end(rest.len())
}

/// Signs of other scripts that are within words and names: dots between the parts of a name, apostrophes, and
/// the wide forms of signs that addresses have in ASCII. Unicode calls them punctuation, too.
const WITHIN_WORDS: &str = "·‧・･་༌§¶‰‱†‡※′″‴՚׳״＆％＠＃＊＼／";

/// What words have for an apostrophe, and a quotation ends with.
const APOSTROPHE: char = '’';

/// Shown as nothing within a word, and ignored in the name of a host (UTS #46).
const SOFT_HYPHEN: char = '\u{ad}';
const WORD_JOINER: char = '\u{2060}';

/// Whether a link ends before the character: white space, what is invisible, and the quotes, commas and full
/// stops of scripts other than ASCII. Letters, marks and symbols are part of it (RFC 3987), and so are dashes
/// and what `WITHIN_WORDS` has. Brackets are seen to before.
fn ends_link(c: char, next: Option<char>) -> bool {
    match c {
        _ if c.is_ascii() => c.is_ascii_control() || " <>\"`".contains(c),
        // The last are the tags of which flags consist.
        JOINER | NON_JOINER | '\u{e0020}'..='\u{e007f}' => false,
        SOFT_HYPHEN | WORD_JOINER => !next.is_some_and(char::is_alphanumeric),
        APOSTROPHE => !next.is_some_and(|c| c.is_alphabetic() && has_spaces(c)),
        _ => match c.general_category_group() {
            GeneralCategoryGroup::Punctuation => !stays(c),
            GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other => true,
            _ => false,
        },
    }
}

fn stays(c: char) -> bool {
    let is_connector = c.general_category() == GeneralCategory::ConnectorPunctuation;
    is_connector || is_dash(c) || brackets::is_bracket(c) || WITHIN_WORDS.contains(c)
}

fn is_dash(c: char) -> bool {
    !c.is_ascii() && c.general_category() == GeneralCategory::DashPunctuation
}

/// The length without punctuation at the end.
fn without_trailing(link: &str) -> usize {
    let mut length = link.len();
    for (at, c) in link.char_indices().rev() {
        let is_sign = TRAILING.contains(c) || is_dash(c) || WITHIN_WORDS.contains(c);
        let is_joiner = matches!(c, JOINER | NON_JOINER | SOFT_HYPHEN | WORD_JOINER);
        if !is_sign && !is_joiner {
            break;
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
            ("https://a.example/x)y", "https://a.example/x"),
            (
                "https://a.example/?q[]=1&r=(2)]",
                "https://a.example/?q[]=1&r=(2)",
            ),
            ("https://a.example/?q=(2", "https://a.example/?q=(2"),
            ("http://[::1]:80]", "http://[::1]:80"),
        ] {
            assert_eq!(found(text), [link]);
        }
        for text in [
            "[https://a.example](https://b.example)",
            "(https://a.example),(https://b.example)",
            "[https://a.example][https://b.example]",
        ] {
            assert_eq!(
                found(text),
                ["https://a.example", "https://b.example"],
                "{text}"
            );
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
    fn titles_of_articles_stay_whole() {
        for link in [
            "https://example.org/x・y",
            "https://ja.example/レオナルド・ダ・ヴィンチ",
            "https://ja.example/ﾚｵﾅﾙﾄﾞ･ﾀﾞ",
            "https://ja.example/wiki/東京（都）",
            "https://ja.example/wiki/「A」の歌",
            "https://zh.example/【新】词",
            "https://zh.example/《红楼梦》",
            "https://fr.example/L’Équipe",
            "https://he.example/צה״ל",
            "https://bo.example/བོད་ལྗོངས",
            "https://ja.example/Q＆A",
            "https://ca.example/Paral·lel",
            "https://de.example/§5",
            "https://exa\u{ad}mple.org",
            "https://example.org/foo\u{ad}bar",
            "https://example.org/🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}/x",
            "https://example.org/❤\u{fe0f}/葛\u{e0100}飾",
        ] {
            assert_eq!(found(&format!("x {link} y")), [link]);
            assert_eq!(found(&format!("（{link}）。")), [link]);
            assert_eq!(found(&format!("「{link}」と")), [link]);
        }
        for (text, link) in [
            ("https://a.example/x・", "https://a.example/x"),
            ("https://a.example/x（", "https://a.example/x"),
            ("https://a.example/x（y", "https://a.example/x"),
            ("https://a.example/（都）（", "https://a.example/（都）"),
            ("‘https://a.example/x’说", "https://a.example/x"),
            ("https://a.example/x\u{ad}", "https://a.example/x"),
            ("https://a.example/x）y", "https://a.example/x"),
        ] {
            assert_eq!(found(text), [link], "{text}");
        }
    }

    #[test]
    fn a_host_ends_where_its_last_label_would_mix_scripts() {
        for (text, link) in [
            ("https://example.org中文", "https://example.org"),
            ("https://example.org中文/x", "https://example.org"),
            ("https://example.orgです。", "https://example.org"),
            ("https://example.orgпривет", "https://example.org"),
            ("https://127.0.0.1:8080を見て", "https://127.0.0.1:8080"),
            ("https://example.org:80中文", "https://example.org:80"),
            ("https://localhost中文", "https://localhost"),
            ("https://example.org・次", "https://example.org"),
            ("https://example.org（中文）", "https://example.org"),
        ] {
            assert_eq!(found(text), [link], "{text}");
        }
        for link in [
            "https://münchen.de",
            "https://例え.テスト",
            "https://中文.com/路",
            "https://a中文.com",
            "https://shop.example中文.cn",
            "https://example.vermögensberatung",
            "https://xn--mnchen-3ya.de",
            "https://example.org/中文",
            "https://example.org?q=中文",
            "https://example.org#中文",
            "https://ada:geheim中@example.org/x",
            "https://пример.рф",
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
