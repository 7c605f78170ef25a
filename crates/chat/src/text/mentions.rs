//! Mentions: `@username` in a body, where the user is a member of the conversation, and `@all` or `@here`, where the
//! sender may mention many.
//!
//! What is written after an `@` may be longer than the username: a username may end with punctuation, and
//! a sentence, too. The longest part that is a member's username counts, so `@kim_` is the user `kim_`, or
//! else `kim`. `mentioned_members` (`migrations/0023_text.sql`) decides so for those who are told, and
//! `mention` for what is shown: it looks among those who were told. The `@` and the name may be wide, as
//! keyboards for Chinese and Japanese write them.

use super::scripts::is_latin;
use model::{UserId, Wildcard};
use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

/// Characters of a username (`users_username_format`).
const MIN_USERNAME: usize = 2;
const MAX_USERNAME: usize = 32;

/// Punctuation that a username may have.
const PUNCTUATION: [char; 3] = ['.', '-', '_'];

/// Whom a mention means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    User(UserId),
    Many(Wildcard),
}

/// A user whom a message mentions, or one of the words by which it mentions many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mentioned {
    pub whom: Whom,
    /// What is written after the `@`, in lower case.
    pub word: String,
}

impl Mentioned {
    pub fn user(id: UserId, username: String) -> Self {
        Self {
            whom: Whom::User(id),
            word: username,
        }
    }

    /// The words of a wildcard.
    pub fn many(wildcard: Wildcard) -> impl Iterator<Item = Self> {
        let words = wildcard.words().iter();
        words.map(move |word| Self {
            whom: Whom::Many(wildcard),
            word: (*word).to_owned(),
        })
    }
}

/// What is written after an `@`, and may begin with a username.
struct Written {
    /// Where the `@` begins.
    at: usize,
    /// Up to the last character that a username may have, 32 at most: narrow, in lower case.
    name: String,
    /// Where each character of the name ends in the body.
    ends: Vec<usize>,
}

impl Written {
    /// Without the punctuation at the end: the shortest username that it can be.
    fn min(&self) -> usize {
        self.name.trim_end_matches(PUNCTUATION).len()
    }
}

/// What is written after the `@` of each possible mention: lower case, each once.
pub fn names(body: &str, links: &[Range<usize>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for written in all_written(body, links) {
        if !names.contains(&written.name) {
            names.push(written.name);
        }
    }
    names
}

/// The wildcard that what is written after an `@` may mean.
pub fn wildcard(name: &str) -> Option<Wildcard> {
    Wildcard::of(name.trim_end_matches(PUNCTUATION))
}

/// Where the body mentions these, in bytes and in order.
pub fn mentions(
    body: &str,
    links: &[Range<usize>],
    mentioned: &[Mentioned],
) -> Vec<(Range<usize>, Whom)> {
    if mentioned.is_empty() {
        return Vec::new();
    }
    let found = all_written(body, links).filter_map(|written| {
        (written.min()..=written.name.len())
            .rev()
            .find_map(|length| {
                let name = &written.name[..length];
                let found = mentioned.iter().find(|it| it.word == name)?;
                Some((written.at..*written.ends.get(length - 1)?, found.whom))
            })
    });
    found.collect()
}

fn all_written<'a>(body: &'a str, links: &'a [Range<usize>]) -> impl Iterator<Item = Written> {
    let ats = body.match_indices(['@', '＠']);
    ats.filter_map(move |(at, sign)| {
        let is_in_link = links.iter().any(|link| link.contains(&at));
        if is_in_link || continues_word(&body[..at]) {
            return None;
        }
        written(body, at, at + sign.len())
    })
}

fn written(body: &str, at: usize, start: usize) -> Option<Written> {
    let (mut name, mut ends) = (String::new(), Vec::new());
    // All that a username may have, which may be more than its length.
    let (mut length, mut min, mut end) = (0, 0, start);
    for c in body[start..].chars() {
        let narrow = narrow(c).to_ascii_lowercase();
        let is_sign = PUNCTUATION.contains(&narrow);
        if !narrow.is_ascii_alphanumeric() && !is_sign {
            break;
        }
        end += c.len_utf8();
        length += 1;
        min = if is_sign { min } else { length };
        if length <= MAX_USERNAME {
            name.push(narrow);
            ends.push(end);
        }
    }
    // A letter with an accent goes on with the word: `@andré` is not `andr`.
    let is_whole = min < length || !body[end..].chars().next().is_some_and(is_latin_or_mark);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_name = (MIN_USERNAME..=MAX_USERNAME).contains(&min)
        && is_whole
        && begins
        && !is_at_other_network(&body[end..]);
    is_name.then_some(Written { at, name, ends })
}

/// The character of ASCII of which this is the wide form (U+FF01 to U+FF5E), or else the same: as
/// `usernames::username` has it.
fn narrow(c: char) -> char {
    const WIDE: u32 = 0xfee0;
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - WIDE).unwrap_or(c),
        _ => c,
    }
}

/// Whether an `@` after this text is within a word, as in an e-mail address. Only Latin letters count, of
/// which usernames and nearly all addresses are; after a letter of any other script a mention may follow.
fn continues_word(before: &str) -> bool {
    let letter = before.chars().rev().find(|c| !is_combining_mark(*c));
    letter.is_some_and(|c| c.is_ascii_alphanumeric() || (c.is_alphabetic() && is_latin(c)))
}

/// Whether the host of another network follows the name, of which the user is then: `@kim@example.org`
/// (Mastodon, `WebFinger`), `@kim:example.org` (Matrix). A host has a dot, and a letter or digit on both sides of it.
fn is_at_other_network(rest: &str) -> bool {
    let Some(host) = rest.strip_prefix(['@', '＠', ':', '：']) else {
        return false;
    };
    let label = |text: &str| {
        text.find(|c: char| !c.is_alphanumeric() && !is_combining_mark(c) && c != '-' && c != '_')
            .unwrap_or(text.len())
    };
    let dot = label(host);
    let after_dot = host[dot..].strip_prefix(['.', '．', '。', '｡']);
    dot > 0 && after_dot.is_some_and(|rest| label(rest) > 0)
}

fn is_latin_or_mark(c: char) -> bool {
    is_latin(c) || is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::{Mentioned, Whom, mentions, names as names_with_links, wildcard};
    use crate::text::links::links;
    use model::{UserId, Wildcard};

    fn names(body: &str) -> Vec<String> {
        names_with_links(body, &links(body))
    }

    fn shown<'a>(body: &'a str, usernames: &[&str]) -> Vec<&'a str> {
        let users: Vec<_> = (1..)
            .zip(usernames)
            .map(|(id, username)| Mentioned::user(UserId(id), (*username).to_owned()))
            .collect();
        let found = mentions(body, &links(body), &users);
        found.into_iter().map(|(range, _)| &body[range]).collect()
    }

    #[test]
    fn finds_names_at_the_beginning_of_words() {
        assert_eq!(
            names("@ada, ask @Grace.Hopper. And (@linus)!"),
            ["ada", "grace.hopper.", "linus"]
        );
        assert_eq!(names("@ada @ADA"), ["ada"]);
        assert!(names("mail ada@example.org, @ @x @Ада @.ada @_").is_empty());
        assert!(names(&format!("@{}", "a".repeat(33))).is_empty());
        assert_eq!(names(&format!("@ada{}", "_".repeat(40)))[0].len(), 32);
    }

    #[test]
    fn finds_names_after_letters_of_every_other_script() {
        for before in [
            "привет",
            "γεια",
            "مرحبا",
            "שלום",
            "שָׁ",
            "नमस्ते",
            "你好",
            "こんにちは",
            "カ",
            "สวัสดี",
            "ที่",
            "ສະບາຍດີ",
            "សួស្តី",
            "မင်္ဂလာပါ",
            "안녕",
            "🙂",
            "“",
            "：",
        ] {
            assert_eq!(names(&format!("{before}@ada再见")), ["ada"], "{before}");
        }
        assert_eq!(names("看＠Ada"), ["ada"]);
    }

    #[test]
    fn digits_of_other_scripts_are_no_part_of_a_username() {
        for text in ["@ada١", "@ada१२", "٥@ada", "@ada٫"] {
            assert_eq!(names(text), ["ada"], "{text}");
        }
        assert_eq!(names("@ada5"), ["ada5"]);
        assert!(names("5@ada @١٢").is_empty());
    }

    #[test]
    fn words_and_addresses_are_no_mentions() {
        for text in [
            "caf\u{e9}@ada",
            "hi@ada",
            "é@ada",
            "ａ@ada",
            "cafe\u{301}@ada",
            "@ada\u{e9}",
            "@ada\u{301}",
            "https://a.example/@ada",
            "見https://a.example/@ada",
        ] {
            assert!(names(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn an_address_of_another_network_mentions_nobody() {
        for text in [
            "@ada@example.org",
            "ask @ada@social.example, please",
            "(@ada@münchen.de)",
            "＠ada＠example.org",
            "@ada@例え.テスト",
            "@ada@xn--mnchen-3ya.de.",
            "@ada:matrix.example",
            "@ada:matrix.example:8448",
        ] {
            assert!(names(text).is_empty(), "{text}");
        }
        for text in [
            "@ada@",
            "@ada@ home",
            "@ada@grace",
            "@ada: example.org",
            "@ada:",
            "@ada:ok.",
            "@ada@grace. Then",
            "@ada:30",
        ] {
            assert_eq!(names(text), ["ada"], "{text}");
        }
    }

    #[test]
    fn the_longest_username_counts() {
        assert_eq!(shown("hi @kim_, @Kim", &["kim", "kim_"]), ["@kim_", "@Kim"]);
        assert_eq!(shown("hi @kim_!", &["kim"]), ["@kim"]);
        assert_eq!(shown("@kimberley @kim.", &["kim"]), ["@kim"]);
        assert_eq!(shown("你好@kim，＠kim", &["kim"]), ["@kim", "＠kim"]);
        assert_eq!(shown("@kim", &[]), [""; 0]);
        assert_eq!(
            shown("@ｋｉｍ、＠ＫＩＭ＿です", &["kim", "kim_"]),
            ["@ｋｉｍ", "＠ＫＩＭ＿"]
        );
        assert_eq!(names("@ｋｉｍ. @ｋｉé"), ["kim."]);
    }

    #[test]
    fn words_for_many_stand_where_names_may_stand() {
        let many: Vec<_> = Mentioned::many(Wildcard::All)
            .chain(Mentioned::many(Wildcard::Here))
            .collect();
        let body =
            "@all, @Everyone. ＠ＣＨＡＮＮＥＬ @here_ @allow mail@all.example @all@a.example";
        let found = mentions(body, &links(body), &many).into_iter();
        let found: Vec<_> = found.map(|(range, whom)| (&body[range], whom)).collect();
        let (all, here) = (Whom::Many(Wildcard::All), Whom::Many(Wildcard::Here));
        assert_eq!(
            found,
            [
                ("@all", all),
                ("@Everyone", all),
                ("＠ＣＨＡＮＮＥＬ", all),
                ("@here", here)
            ]
        );
        // A member who is called so comes first.
        let named = [&[Mentioned::user(UserId(7), "all".to_owned())], &*many].concat();
        assert_eq!(mentions("@all", &[], &named)[0].1, Whom::User(UserId(7)));
        for (name, expected) in [
            ("all", true),
            ("here._-", true),
            ("all.x", false),
            ("ada", false),
        ] {
            assert_eq!(wildcard(name).is_some(), expected, "{name}");
        }
    }
}
