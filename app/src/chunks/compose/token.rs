//! What is being written before the caret that can be completed: a name after an `@`.

use super::{lines::is_in_code, selection::Selection};
use crate::client::is_alphanumeric;
use std::ops::Range;

/// Characters of a name that are looked up.
const MAX_QUERY: usize = 40;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// From its sign to the caret.
    pub range: Range<usize>,
    pub query: String,
}

/// The name that is being written. `None` in code, within a word, and where something is selected.
pub fn mention(selection: &Selection) -> Option<Token> {
    if !selection.is_empty() {
        return None;
    }
    let before = selection.before();
    let is_of_name = |c: char| is_alphanumeric(c) || matches!(c, '.' | '-' | '_');
    let word = before.trim_end_matches(is_of_name);
    let query = &before[word.len()..];
    let outside = word.strip_suffix(['@', '＠'])?;
    let is_within_word = outside.ends_with(|c: char| c.is_ascii_alphanumeric());
    let line = outside.rsplit('\n').next().unwrap_or_default();
    let is_in_span = line.matches('`').count() % 2 == 1;
    if is_within_word || is_in_span || query.chars().count() > MAX_QUERY || is_in_code(selection) {
        return None;
    }
    Some(Token {
        range: outside.len()..selection.end,
        query: query.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::selection::marked, mention};

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
            let found = mention(&marked(text)).map(|token| token.query);
            assert_eq!(found.as_deref(), query, "{text}");
        }
    }
}
