//! The text of a query: words, quoted phrases and operators, each of which a `-` before it negates.
//!
//! `from:ada in:"Engines" has:link -draft "as soon as"`. What is no operator is a word; an operator with a value that
//! it does not know is a problem.

use super::{
    days::{Days, days},
    problems,
};
use model::{SearchProblem, SearchProblemCode};
use time::Date;

/// What is asked for, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub words: Vec<Word>,
    pub filters: Vec<Filter>,
    /// Of operators that are in neither.
    pub problems: Vec<SearchProblem>,
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
    /// As it is written.
    pub text: String,
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

/// The operators whose values are names or days.
const OPEN_OPERATORS: [&str; 5] = ["from", "in", "before", "after", "on"];

impl Query {
    /// `today` is the day of whoever has written the text.
    pub fn parse(text: &str, today: Date) -> Self {
        let mut query = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (is_excluded, unsigned) = match rest.strip_prefix('-') {
                Some(after) if after.starts_with(|c: char| !c.is_whitespace()) => (true, after),
                _ => (false, rest),
            };
            rest = query.take(unsigned, is_excluded, today).trim_start();
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
            ..Self::default()
        }
    }

    /// Takes what the text begins with, and returns the rest.
    fn take<'a>(&mut self, text: &'a str, is_excluded: bool, today: Date) -> &'a str {
        if let Some((phrase, rest)) = take_quoted(text) {
            self.push_word(phrase, is_excluded, true);
            return rest;
        }
        if let Some((operator, rest)) = take_operator(text) {
            let sign = if is_excluded { "-" } else { "" };
            let written = format!("{sign}{}", &text[..text.len() - rest.len()]);
            self.push_filter(&operator, written, is_excluded, today);
            return rest;
        }
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        self.push_word(&text[..end], is_excluded, false);
        &text[end..]
    }

    fn push_filter(
        &mut self,
        operator: &Operator<'_>,
        text: String,
        is_excluded: bool,
        today: Date,
    ) {
        match by(operator, today) {
            Ok(By::On(_)) if is_excluded => {
                self.problems.push(problems::not_negatable(text));
            }
            Ok(by) => self.filters.push(Filter {
                by,
                is_excluded,
                text,
            }),
            Err(code) => {
                let known = FEATURES.iter().filter(|(name, ..)| *name == operator.name);
                let known: Vec<_> = known.map(|(_, value, _)| *value).collect();
                let problem = problems::of_value(code, text, operator.name, &known, today);
                self.problems.push(problem);
            }
        }
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

/// The name of an operator, in lower case, with what follows the colon.
struct Operator<'a> {
    name: &'static str,
    value: &'a str,
}

/// An operator with its value, and what follows; `None` for what is none.
fn take_operator(text: &str) -> Option<(Operator<'_>, &str)> {
    let (name, after) = text.split_once(':')?;
    let known = FEATURES.iter().map(|(name, ..)| *name);
    let name = known
        .chain(OPEN_OPERATORS)
        .find(|it| it.eq_ignore_ascii_case(name))?;
    let (value, rest) = take_quoted(after).unwrap_or_else(|| {
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        after.split_at(end)
    });
    let value = value.trim();
    Some((Operator { name, value }, rest))
}

/// What an operator says.
fn by(operator: &Operator<'_>, today: Date) -> Result<By, SearchProblemCode> {
    let Operator { name, value } = *operator;
    if crate::text::is_blank(value) {
        return Err(SearchProblemCode::NoValue);
    }
    let days = || days(value, today).ok_or(SearchProblemCode::InvalidDate);
    Ok(match name {
        "from" => By::Sender(value.to_owned()),
        "in" => By::Conversation(value.to_owned()),
        "before" => By::Before(days()?),
        "after" => By::After(days()?),
        "on" => By::On(days()?),
        _ => By::Feature(feature(name, value).ok_or(SearchProblemCode::UnknownValue)?),
    })
}

fn feature(operator: &str, value: &str) -> Option<Feature> {
    let known = FEATURES
        .iter()
        .find(|(name, known, _)| *name == operator && known.eq_ignore_ascii_case(value));
    known.map(|(_, _, name)| Feature { name })
}

#[cfg(test)]
mod tests {
    use super::{By, Days, Feature, Query};
    use model::SearchProblemCode::{InvalidDate, NoValue, NotNegatable, UnknownValue};
    use time::{Date, macros::date};

    const TODAY: Date = date!(2026 - 03 - 01);

    fn parse(text: &str) -> Query {
        Query::parse(text, TODAY)
    }

    fn words(text: &str) -> Vec<String> {
        let words = parse(text).words.into_iter();
        let sign = |is_excluded| if is_excluded { "-" } else { "" };
        let quote = |is_phrase| if is_phrase { "\"" } else { "" };
        let words = words.map(|it| {
            let quote = quote(it.is_phrase);
            format!("{}{quote}{}{quote}", sign(it.is_excluded), it.text)
        });
        words.collect()
    }

    fn filters(text: &str) -> Vec<(By, bool)> {
        let filters = parse(text).filters.into_iter();
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
            ("\"has:cheese\"", &["\"has:cheese\""]),
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
            ("on:Today", By::On(days(TODAY, date!(2026 - 03 - 02)))),
            (
                "before:yesterday",
                By::Before(days(date!(2026 - 02 - 28), TODAY)),
            ),
            (
                "after:2024",
                By::After(days(date!(2024 - 01 - 01), date!(2025 - 01 - 01))),
            ),
        ] {
            assert_eq!(filters(text), [(by.clone(), false)], "{text}");
            if !matches!(by, By::On(_)) {
                assert_eq!(filters(&format!("x -{text} y")), [(by, true)], "{text}");
            }
            assert_eq!(words(&format!("x {text} y")), ["x", "y"], "{text}");
        }
    }

    #[test]
    fn an_operator_that_does_not_know_its_value_is_a_problem() {
        for (text, code, suggestions) in [
            (
                "has:cheese",
                UnknownValue,
                &["has:link", "has:file", "has:image", "has:reaction"][..],
            ),
            (
                "-has:imges",
                UnknownValue,
                &["-has:image", "-has:link", "-has:file", "-has:reaction"],
            ),
            (
                "is:here",
                UnknownValue,
                &["is:unread", "is:pinned", "is:thread"],
            ),
            ("Mentions:ada", UnknownValue, &["mentions:me"]),
            ("from:", NoValue, &["from:me"]),
            ("in:\"\"", NoValue, &[]),
            (
                "has:\u{200b}",
                NoValue,
                &["has:link", "has:file", "has:image", "has:reaction"],
            ),
            (
                "before:tomorrowish",
                InvalidDate,
                &["before:today", "before:yesterday", "before:2026-03"],
            ),
            (
                "on:yesterda",
                InvalidDate,
                &["on:yesterday", "on:today", "on:2026-03"],
            ),
            (
                "on:2026-02-30",
                InvalidDate,
                &["on:2026-02", "on:today", "on:yesterday"],
            ),
            (
                "on:2026-1-5",
                InvalidDate,
                &["on:2026-01-05", "on:today", "on:yesterday"],
            ),
            (
                "after:\"5.1.2026\"",
                InvalidDate,
                &["after:2026-01-05", "after:today", "after:yesterday"],
            ),
            (
                "before:0000",
                InvalidDate,
                &["before:today", "before:yesterday", "before:2026-03"],
            ),
            ("-on:2026", NotNegatable, &["before:2026", "after:2026"]),
        ] {
            let query = parse(&format!("x {text} y"));
            assert_eq!(query.filters, [], "{text}");
            assert_eq!(words(&format!("x {text} y")), ["x", "y"], "{text}");
            let [problem] = &query.problems[..] else {
                panic!("{text}: {:?}", query.problems);
            };
            assert_eq!((problem.filter.as_str(), problem.code), (text, code));
            assert_eq!(problem.suggestions, suggestions, "{text}");
            assert!(problem.detail.ends_with('.'), "{text}");
        }
    }
}
