//! Reads code token by token, by what `Language` knows.

use super::{
    languages::{Language, Quote},
    token::Token,
};
use std::{collections::HashSet, ops::Deref};

/// Bytes of a string on one line. What is longer is read as if it had no quotes: each quote that has no end
/// is read again from the next one on.
const MAX_STRING: usize = 400;

/// Emits the parts of the code in order, all of it.
pub fn scan(code: &str, language: &'static Language, emit: &mut impl FnMut(Option<Token>, &str)) {
    let language = &Known {
        language,
        keywords: language.keywords.split_ascii_whitespace().collect(),
    };
    let mut at = 0;
    // The beginning of what is plain and not emitted yet.
    let mut plain = 0;
    let mut before = Before::LineBegin;
    while let Some(c) = code[at..].chars().next() {
        let rest = &code[at..];
        let (token, length) = next(rest, c, before, language);
        before = before.after(c, &rest[..length]);
        if let Some(token) = token {
            if plain < at {
                emit(None, &code[plain..at]);
            }
            emit(Some(token), &rest[..length]);
            plain = at + length;
        }
        at += length;
    }
    if plain < at {
        emit(None, &code[plain..]);
    }
}

/// A language with its keywords ready to be looked up.
struct Known {
    language: &'static Language,
    keywords: HashSet<&'static str>,
}

impl Deref for Known {
    type Target = Language;

    fn deref(&self) -> &Language {
        self.language
    }
}

/// What is before a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing of the line, or what begins an entry.
    LineBegin,
    Space,
    Text,
}

impl Before {
    fn after(self, c: char, token: &str) -> Self {
        match c {
            '\n' | '{' | ',' | ';' => Self::LineBegin,
            // An item of a list in YAML.
            ' ' | '\t' | '-' if self == Self::LineBegin && token.len() == 1 => Self::LineBegin,
            c if c.is_whitespace() => Self::Space,
            _ => Self::Text,
        }
    }
}

/// The token that the text begins with, and its length in bytes, at least that of its first character.
fn next(text: &str, c: char, before: Before, language: &Known) -> (Option<Token>, usize) {
    if let Some((open, close)) = language.block_comment
        && text.starts_with(open)
    {
        let end = text[open.len()..].find(close);
        let length = end.map_or(text.len(), |end| open.len() + end + close.len());
        return (Some(Token::Comment), length);
    }
    // In a shell and in YAML, `a#b` is a word.
    let begins = before != Before::Text || !text.starts_with('#');
    if begins
        && language
            .line_comments
            .iter()
            .any(|start| text.starts_with(start))
    {
        return (Some(Token::Comment), text.find('\n').unwrap_or(text.len()));
    }
    if let Some(quote) = language.quotes.iter().find(|it| text.starts_with(it.open)) {
        return string(text, before, quote, language);
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || language.word_signs.contains(c);
    if c.is_ascii_digit() {
        return (Some(Token::Number), number(text));
    }
    if c.is_alphabetic() || c == '_' {
        let length = text.find(|c| !is_word(c)).unwrap_or(text.len());
        return (word(text, length, before, language), length);
    }
    if language.sigils.contains(c) {
        let name = &text[c.len_utf8()..];
        let length = name.find(|c| !is_word(c)).unwrap_or(name.len());
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if is_name {
            return (Some(Token::Name), c.len_utf8() + length);
        }
    }
    (None, c.len_utf8())
}

/// A number with its digits, its dots between digits, its unit and its exponent.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        let next_is_digit = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let is_part = byte.is_ascii_alphanumeric()
            || *byte == b'_'
            || (*byte == b'.' && next_is_digit)
            || (matches!(byte, b'+' | b'-')
                && matches!(bytes[at - 1], b'e' | b'E')
                && next_is_digit
                && !text.starts_with("0x"));
        if !is_part {
            break;
        }
        at += 1;
    }
    at
}

fn string(text: &str, before: Before, quote: &Quote, language: &Known) -> (Option<Token>, usize) {
    if quote.is_character {
        let length = character(&text[quote.open.len()..]);
        return length.map_or((None, 1), |length| {
            (Some(Token::String), quote.open.len() + length)
        });
    }
    let bytes = text.as_bytes();
    let end = if quote.multiline {
        bytes.len()
    } else {
        bytes.len().min(MAX_STRING)
    };
    let mut at = quote.open.len();
    while at < end && (quote.multiline || bytes[at] != b'\n') {
        if bytes[at..].starts_with(quote.close.as_bytes()) {
            let length = at + quote.close.len();
            let key = is_key(&text[length..], before, language);
            return (Some(if key { Token::Name } else { Token::String }), length);
        }
        at += if quote.escapes && bytes[at] == b'\\' {
            2
        } else {
            1
        };
    }
    // Without its end it is a string that goes to the end of the code, or an apostrophe.
    if quote.multiline {
        (Some(Token::String), text.len())
    } else {
        (None, 1)
    }
}

/// The length of one character and the quote after it.
fn character(text: &str) -> Option<usize> {
    let c = text.chars().next()?;
    if c != '\\' {
        return text[c.len_utf8()..]
            .starts_with('\'')
            .then_some(c.len_utf8() + 1);
    }
    // As `\u{10ffff}`.
    let end = text.get(2..)?.find('\'')?;
    (end <= 10).then_some(2 + end + 1)
}

/// Whether what was just read is a key: its sign follows.
fn is_key(after: &str, before: Before, language: &Known) -> bool {
    let is_first = before == Before::LineBegin;
    language.key_end != ' '
        && is_first
        && after.trim_start_matches(' ').starts_with(language.key_end)
}

fn word(text: &str, length: usize, before: Before, language: &Known) -> Option<Token> {
    let (word, after) = text.split_at(length);
    if is_key(after, before, language) {
        return Some(Token::Name);
    }
    let is_keyword = if language.ignores_case {
        language
            .keywords
            .contains(word.to_ascii_lowercase().as_str())
    } else {
        language.keywords.contains(word)
    };
    if is_keyword {
        return Some(Token::Keyword);
    }
    if language.has_types && word.starts_with(char::is_uppercase) {
        return Some(Token::Type);
    }
    let is_call = after.starts_with('(') || after.starts_with("!(") || after.starts_with("![");
    (language.has_calls && is_call).then_some(Token::Function)
}
