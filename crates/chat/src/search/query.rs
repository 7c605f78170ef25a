//! The text of a query: words, quoted phrases and operators, each of which a `-` before it negates.
//!
//! `from:ada in:"Engines" has:link -draft "as soon as"`. What is no operator, or has a value that its
//! operator does not know, is a word.

use time::{Date, Month};

/// What is asked for, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub words: Vec<Word>,
    pub filters: Vec<Filter>,
}

/// A text that a message contains, or with `is_excluded` does not contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub is_excluded: bool,
    /// Written in quotes: no other spelling is meant.
    pub is_phrase: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub by: By,
    pub is_excluded: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// `from:`, a username or a name; `me` is the caller.
    Sender(String),
    /// `in:`, a title, or a username after `@` for a direct conversation.
    Conversation(String),
    Before(Days),
    After(Days),
    On(Days),
    Feature(Feature),
}

/// Days of a calendar, the last one excluded: one, a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub first: Date,
    pub end: Date,
}

/// A property of messages. `name` is what the SQL function `search_condition` calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    pub name: &'static str,
}

/// Each operator with a fixed set of values: operator, value, and the name of the feature, for which
/// `search_condition` has the condition.
const FEATURES: [(&str, &str, &str); 8] = [
    ("has", "link", "link"),
    ("has", "file", "file"),
    ("has", "image", "image"),
    ("has", "reaction", "reaction"),
    ("is", "unread", "unread"),
    ("is", "pinned", "pinned"),
    ("is", "thread", "thread"),
    ("mentions", "me", "mention"),
];

/// Opening quotes, each with what closes it.
const QUOTES: [(char, char); 4] = [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»')];

impl Query {
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (is_excluded, unsigned) = match rest.strip_prefix('-') {
                Some(after) if after.starts_with(|c: char| !c.is_whitespace()) => (true, after),
                _ => (false, rest),
            };
            rest = query.take(unsigned, is_excluded).trim_start();
        }
        query
    }

    /// The text as one word, without operators.
    pub fn literal(text: &str) -> Self {
        let word = Word {
            text: text.trim().to_owned(),
            is_excluded: false,
            is_phrase: true,
        };
        Self {
            words: vec![word],
            filters: Vec::new(),
        }
    }

    /// Takes what the text begins with, and returns the rest.
    fn take<'a>(&mut self, text: &'a str, is_excluded: bool) -> &'a str {
        if let Some((phrase, rest)) = take_quoted(text) {
            self.push_word(phrase, is_excluded, true);
            return rest;
        }
        if let Some((by, rest)) = take_operator(text) {
            self.filters.push(Filter { by, is_excluded });
            return rest;
        }
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        self.push_word(&text[..end], is_excluded, false);
        &text[end..]
    }

    fn push_word(&mut self, text: &str, is_excluded: bool, is_phrase: bool) {
        let text = text.trim();
        if !crate::text::is_blank(text) {
            self.words.push(Word {
                text: text.to_owned(),
                is_excluded,
                is_phrase,
            });
        }
    }
}

/// A quoted phrase without its quotes, and what follows. A quote that is not closed goes to the end.
fn take_quoted(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let (_, close) = QUOTES.iter().find(|(it, _)| *it == open)?;
    let inner = &text[open.len_utf8()..];
    match inner.find(*close) {
        Some(end) => Some((&inner[..end], &inner[end + close.len_utf8()..])),
        None => Some((inner, "")),
    }
}

/// An operator with its value, and what follows; `None` for what is none.
fn take_operator(text: &str) -> Option<(By, &str)> {
    let (name, after) = text.split_once(':')?;
    if name.is_empty() || !name.bytes().all(|it| it.is_ascii_alphabetic()) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let (value, rest) = take_quoted(after).unwrap_or_else(|| {
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        after.split_at(end)
    });
    let value = value.trim();
    if value.is_empty() || crate::text::is_blank(value) {
        return None;
    }
    let by = match name.as_str() {
        "from" => By::Sender(value.to_owned()),
        "in" => By::Conversation(value.to_owned()),
        "before" => By::Before(days(value)?),
        "after" => By::After(days(value)?),
        "on" => By::On(days(value)?),
        _ => By::Feature(feature(&name, value)?),
    };
    Some((by, rest))
}

fn feature(operator: &str, value: &str) -> Option<Feature> {
    let known = FEATURES
        .iter()
        .find(|(name, known, _)| *name == operator && known.eq_ignore_ascii_case(value));
    known.map(|(_, _, name)| Feature { name })
}

/// `2026-03-05`, `2026-03` or `2026`.
fn days(value: &str) -> Option<Days> {
    let mut parts = value.split('-');
    let number = |part: &str, digits: usize| {
        let is_number = part.len() == digits && part.bytes().all(|it| it.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| is_number)
    };
    let year = i32::from(number(parts.next()?, 4)?);
    // A year later is still a year that Postgres and RFC 3339 can say.
    if !(1..=9998).contains(&year) {
        return None;
    }
    let short = |part| number(part, 2).and_then(|it| u8::try_from(it).ok());
    let first_of =
        |year, month: u8| Date::from_calendar_date(year, Month::try_from(month).ok()?, 1).ok();
    let (first, end) = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => (first_of(year, 1)?, first_of(year + 1, 1)?),
        (Some(month), None, _) => {
            let month = short(month)?;
            let next = match month {
                12 => first_of(year + 1, 1)?,
                _ => first_of(year, month.checked_add(1)?)?,
            };
            (first_of(year, month)?, next)
        }
        (Some(month), Some(day), None) => {
            let month = Month::try_from(short(month)?).ok()?;
            let first = Date::from_calendar_date(year, month, short(day)?).ok()?;
            (first, first.next_day()?)
        }
        _ => return None,
    };
    Some(Days { first, end })
}

#[cfg(test)]
mod tests {
    use super::{By, Days, Feature, Query};
    use time::{Date, macros::date};

    fn words(text: &str) -> Vec<String> {
        let words = Query::parse(text).words.into_iter();
        let sign = |is_excluded| if is_excluded { "-" } else { "" };
        let quote = |is_phrase| if is_phrase { "\"" } else { "" };
        let words = words.map(|it| {
            let quote = quote(it.is_phrase);
            format!("{}{quote}{}{quote}", sign(it.is_excluded), it.text)
        });
        words.collect()
    }

    fn filters(text: &str) -> Vec<(By, bool)> {
        let filters = Query::parse(text).filters.into_iter();
        filters.map(|it| (it.by, it.is_excluded)).collect()
    }

    #[test]
    fn words_and_phrases() {
        for (text, expected) in [
            ("", &[][..]),
            ("  two  words ", &["two", "words"]),
            ("\"as soon as\" possible", &["\"as soon as\"", "possible"]),
            (
                "“как есть” «так» „so“",
                &["\"как есть\"", "\"так\"", "\"so\""],
            ),
            (
                "-draft -\"not this\" e-mail",
                &["-draft", "-\"not this\"", "e-mail"],
            ),
            ("a - b --c", &["a", "-", "b", "--c"]),
            ("\"never closed", &["\"never closed\""]),
            ("\"\" x", &["x"]),
            ("会議　東京", &["会議", "東京"]),
            (
                "foo:bar http://x.org 12:30 :",
                &["foo:bar", "http://x.org", "12:30", ":"],
            ),
            (
                "has:cheese before:soon from: is:here",
                &["has:cheese", "before:soon", "from:", "is:here"],
            ),
            (
                "on:2026-02-30 after:26-01-01 on:2026-1",
                &["on:2026-02-30", "after:26-01-01", "on:2026-1"],
            ),
            (
                "before:99999 after:0000 on:2026-01-01-01",
                &["before:99999", "after:0000", "on:2026-01-01-01"],
            ),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn operators() {
        let days = |first: Date, end: Date| Days { first, end };
        let feature = |name| By::Feature(Feature { name });
        for (text, by) in [
            ("from:ada", By::Sender("ada".to_owned())),
            ("FROM:@Ada", By::Sender("@Ada".to_owned())),
            (
                "from:\"Ada Lovelace\"",
                By::Sender("Ada Lovelace".to_owned()),
            ),
            ("in:#general", By::Conversation("#general".to_owned())),
            (
                "in:«Большой зал»",
                By::Conversation("Большой зал".to_owned()),
            ),
            ("has:link", feature("link")),
            ("Has:Image", feature("image")),
            ("is:unread", feature("unread")),
            ("is:pinned", feature("pinned")),
            ("IS:Thread", feature("thread")),
            ("mentions:me", feature("mention")),
            (
                "on:2024-02-29",
                By::On(days(date!(2024 - 02 - 29), date!(2024 - 03 - 01))),
            ),
            (
                "before:2024-12",
                By::Before(days(date!(2024 - 12 - 01), date!(2025 - 01 - 01))),
            ),
            (
                "after:2024",
                By::After(days(date!(2024 - 01 - 01), date!(2025 - 01 - 01))),
            ),
        ] {
            assert_eq!(filters(text), [(by.clone(), false)], "{text}");
            assert_eq!(filters(&format!("x -{text} y")), [(by, true)], "{text}");
            assert_eq!(words(&format!("x {text} y")), ["x", "y"], "{text}");
        }
    }
}
