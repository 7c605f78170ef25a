//! What is being written before the caret that can be completed: a name after an `@`, the code of an emoji after a
//! `:`, the title of a conversation after a `#`, and a command after the `/` that the text begins with.

use super::{lines::is_in_code, selection::Selection};
use crate::{
    client::is_alphanumeric,
    messages::{Command, Written, read_written},
};
use std::ops::Range;

/// Characters of a name that are looked up.
const MAX_QUERY: usize = 40;

/// From so many characters on the codes of emoji are offered: a single one is often a smiley, such as `:D`.
const MIN_CODE: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Mention,
    Emoji,
    Conversation,
    Command,
    /// Of a reminder.
    Time,
}

impl Kind {
    /// Whether it is of a command, which an edit does not have.
    pub fn is_of_command(self) -> bool {
        matches!(self, Self::Command | Self::Time)
    }
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
    let in_text = || mention(selection).or_else(|| emoji(selection));
    let in_command = || command(selection).or_else(|| time(selection));
    in_text()
        .or_else(|| conversation(selection))
        .or_else(in_command)
}

/// Not behind the sign of a heading, nor in an address.
fn conversation(selection: &Selection) -> Option<Token> {
    let (at, query) = word_after(selection, selection.before(), &['#', '＃'], is_of_name)?;
    let outside = &selection.text[..at];
    let begins = outside.is_empty()
        || outside.ends_with(|c: char| c.is_whitespace() || "({\"'*_~|>".contains(c))
        || outside.ends_with(|c: char| !c.is_ascii() && c != '＃');
    (begins && is_apart(selection, at)).then(|| Token {
        kind: Kind::Conversation,
        range: at..selection.end,
        query: query.to_owned(),
    })
}

fn command(selection: &Selection) -> Option<Token> {
    let query = selection.before().strip_prefix('/')?;
    let is_name = query.chars().all(|c| c.is_ascii_alphabetic());
    (is_name && is_at_end(selection)).then(|| Token {
        kind: Kind::Command,
        range: 0..selection.end,
        query: query.to_owned(),
    })
}

/// What follows `/remind`.
fn time(selection: &Selection) -> Option<Token> {
    let name = "/remind ";
    let before = selection.before();
    let is_named = before
        .get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name));
    let query = before.get(name.len()..).filter(|_| is_named)?;
    let query = query.trim_start();
    let query = query.strip_prefix("me ").unwrap_or(query).trim_start();
    let is_word = !query.ends_with(char::is_whitespace) && query.chars().count() <= MAX_QUERY;
    (is_word && is_at_end(selection)).then(|| Token {
        kind: Kind::Time,
        range: selection.end - query.len()..selection.end,
        query: query.to_owned(),
    })
}

/// Whether nothing is selected, and no word goes on behind the caret.
fn is_at_end(selection: &Selection) -> bool {
    let after = selection.after();
    selection.is_empty() && (after.is_empty() || after.starts_with(char::is_whitespace))
}

/// Whether the people who are named in a text are invited: they are none of the members.
pub fn names_others(text: &str) -> bool {
    let is_invite = |command: Command<'_>| command.name.eq_ignore_ascii_case("invite");
    matches!(read_written(text), Written::Command(command) if is_invite(command))
}

fn mention(selection: &Selection) -> Option<Token> {
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

fn is_of_name(c: char) -> bool {
    is_alphanumeric(c) || matches!(c, '.' | '-' | '_')
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
    use super::{super::selection::marked, Kind, closed_code, names_others, token};

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
    fn finds_the_title_of_a_conversation() {
        for (text, query) in [
            ("#|", Some("")),
            ("see #gen| there", Some("gen")),
            ("(#a.b-c_|", Some("a.b-c_")),
            ("**#gen|", Some("gen")),
            ("＃全体|", Some("全体")),
            ("参照#gen|", Some("gen")),
            ("# |", None),
            ("##|", None),
            ("# Title|", None),
            ("C#|", None),
            ("&#x4|", None),
            ("https://a.example/#gen|", None),
            ("[#gen|", None),
            ("`#gen|", None),
            ("```\n#gen|", None),
            ("#⟦gen⟧", None),
        ] {
            let found = token(&marked(text)).filter(|token| token.kind == Kind::Conversation);
            assert_eq!(found.map(|token| token.query).as_deref(), query, "{text}");
        }
    }

    #[test]
    fn finds_a_command_and_the_time_of_a_reminder() {
        for (text, kind, query) in [
            ("/|", Some(Kind::Command), ""),
            ("/mu|", Some(Kind::Command), "mu"),
            ("/mu| for 1h", Some(Kind::Command), "mu"),
            ("/mu|te", None, ""),
            ("//|", None, ""),
            ("/usr/|", None, ""),
            ("a /mu|", None, ""),
            ("\n/mu|", None, ""),
            ("/⟦mu⟧", None, ""),
            ("/mute |", None, ""),
            ("/remind |", Some(Kind::Time), ""),
            ("/Remind me in 2|", Some(Kind::Time), "in 2"),
            ("/remind me |", Some(Kind::Time), ""),
            ("/remind in |", None, ""),
            ("/reminder |", None, ""),
            ("/invite @gra|", Some(Kind::Mention), "gra"),
        ] {
            let found = token(&marked(text));
            assert_eq!(found.as_ref().map(|it| it.kind), kind, "{text}");
            assert_eq!(
                found.unwrap_or_else(|| token(&marked("@|")).unwrap()).query,
                query
            );
        }
        assert!(names_others("/invite @gra") && names_others("/Invite"));
        assert!(!names_others("invite @gra") && !names_others("//invite @gra"));
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
