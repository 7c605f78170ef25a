//! What is being written before the caret that can be completed: a name after an `@`, and the code of an emoji
//! after a `:`.

use super::{lines::is_in_code, selection::Selection};
use crate::client::is_alphanumeric;
use std::ops::Range;

/// Characters of a name that are looked up.
const MAX_QUERY: usize = 40;

/// From so many characters on the codes of emoji are offered: a single one is often a smiley, such as `:D`.
const MIN_CODE: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Mention,
    Emoji,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// From its sign to the caret.
    pub range: Range<usize>,
    pub query: String,
}

/// What is being written. `None` in code, within a word, and where something is selected.
pub fn token(selection: &Selection) -> Option<Token> {
    mention(selection).or_else(|| emoji(selection))
}

fn mention(selection: &Selection) -> Option<Token> {
    let is_of_name = |c: char| is_alphanumeric(c) || matches!(c, '.' | '-' | '_');
    let (at, query) = word_after(selection, selection.before(), &['@', '＠'], is_of_name)?;
    is_apart(selection, at).then(|| Token {
        kind: Kind::Mention,
        range: at..selection.end,
        query: query.to_owned(),
    })
}

fn emoji(selection: &Selection) -> Option<Token> {
    let (at, query) = word_after(selection, selection.before(), &[':', '：'], is_of_code)?;
    let is_long = query.chars().count() >= MIN_CODE;
    (is_long && is_apart(selection, at)).then(|| Token {
        kind: Kind::Emoji,
        range: at..selection.end,
        query: query.to_owned(),
    })
}

/// The code of an emoji that the colon before the caret ends.
pub fn closed_code(selection: &Selection) -> Option<Token> {
    let before = selection.before().strip_suffix([':', '：'])?;
    let (at, query) = word_after(selection, before, &[':', '：'], is_of_code)?;
    (!query.is_empty() && is_apart(selection, at)).then(|| Token {
        kind: Kind::Emoji,
        range: at..selection.end,
        query: query.to_owned(),
    })
}

fn is_of_code(c: char) -> bool {
    is_alphanumeric(c) || matches!(c, '_' | '-' | '+')
}

/// The word at the end of a text, and where the sign before it stands.
fn word_after<'a>(
    selection: &Selection,
    before: &'a str,
    signs: &[char],
    is_of_word: impl Fn(char) -> bool,
) -> Option<(usize, &'a str)> {
    let outside = before.trim_end_matches(is_of_word);
    let word = &before[outside.len()..];
    let at = outside.strip_suffix(signs)?.len();
    (selection.is_empty() && word.chars().count() <= MAX_QUERY).then_some((at, word))
}

/// Whether a sign begins something: it is neither within a word nor in code.
fn is_apart(selection: &Selection, at: usize) -> bool {
    let outside = &selection.text[..at];
    let is_within_word = outside.ends_with(|c: char| c.is_ascii_alphanumeric() || c == ':');
    let line = outside.rsplit('\n').next().unwrap_or_default();
    let is_in_span = line.matches('`').count() % 2 == 1;
    !(is_within_word || is_in_span || is_in_code(selection))
}

#[cfg(test)]
mod tests {
    use super::{super::selection::marked, Kind, closed_code, token};

    #[test]
    fn finds_the_name_before_the_caret() {
        for (text, query) in [
            ("@|", Some("")),
            ("hi @gra| there", Some("gra")),
            ("(@a.b-c_|", Some("a.b-c_")),
            ("＠グレ|", Some("グレ")),
            ("mail@ho|", None),
            ("@gra |", None),
            ("`@gra|", None),
            ("`a` @gra|", Some("gra")),
            ("```\n@gra|", None),
            ("@⟦gra⟧", None),
        ] {
            let found = token(&marked(text)).filter(|token| token.kind == Kind::Mention);
            assert_eq!(found.map(|token| token.query).as_deref(), query, "{text}");
        }
    }

    #[test]
    fn finds_the_code_of_an_emoji() {
        for (text, open, closed) in [
            (":sm|", Some("sm"), None),
            ("hi :+1| there", Some("+1"), None),
            (":D|", None, None),
            (":|", None, None),
            ("at 10:30|", None, None),
            ("https://a|", None, None),
            ("std::ab|", None, None),
            ("`:sm|", None, None),
            ("```\n:sm|", None, None),
            (":+1:|", None, Some("+1")),
            ("(:x:|", None, Some("x")),
            ("a:x:|", None, None),
            ("`:x:|", None, None),
            ("::|", None, None),
        ] {
            let selection = marked(text);
            assert_eq!(
                token(&selection).map(|it| it.query).as_deref(),
                open,
                "{text}"
            );
            assert_eq!(
                closed_code(&selection).map(|it| it.query).as_deref(),
                closed,
                "{text}"
            );
        }
    }
}
