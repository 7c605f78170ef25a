//! Instant matches of names that the page knows, until the server answers. Texts are folded as the server
//! folds them (`fold_text` in `migrations/0040_text.sql`).

use crate::client;

/// How well a name matches, the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// The server says so.
    Elsewhere,
    Anywhere,
    AtWord,
    AtStart,
}

/// The text as it is compared.
pub fn fold(text: &str) -> String {
    let mut folded = String::new();
    for char in client::fold(text).chars() {
        if !char.is_whitespace() {
            folded.push(char);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// How a folded query matches a name; `None` if it does not.
pub fn match_name(name: &str, query: &str) -> Option<Match> {
    let name = fold(name);
    if name.starts_with(query) {
        Some(Match::AtStart)
    } else if name.contains(&format!(" {query}")) {
        Some(Match::AtWord)
    } else {
        name.contains(query).then_some(Match::Anywhere)
    }
}

#[cfg(test)]
mod tests {
    use super::{Match, fold, match_name};

    #[test]
    fn what_is_not_seen_does_not_count() {
        for (text, folded) in [
            ("  Ada \u{a0}\u{3000} Lovelace ", "ADA LOVELACE"),
            ("zero\u{200b}width so\u{ad}ft", "ZEROWIDTH SOFT"),
            ("\u{2764}\u{fe0f}", "\u{2764}"),
            ("\u{200e}\u{2003}", ""),
            ("две\nстроки", "ДВЕ СТРОКИ"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn the_beginning_is_the_best_match() {
        let of = |name, query| match_name(name, &fold(query));
        assert_eq!(of("Ada Lovelace", "ada"), Some(Match::AtStart));
        assert_eq!(of("Ada Lovelace", "love"), Some(Match::AtWord));
        assert_eq!(of("Ada Lovelace", "ove"), Some(Match::Anywhere));
        assert_eq!(of("Ada Lovelace", "grace"), None);
        assert!(Match::AtStart > Match::AtWord && Match::Anywhere > Match::Elsewhere);
    }
}
