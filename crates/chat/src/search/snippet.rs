//! Snippets: the part of a text around what matched, with the ranges of it.
//!
//! The database folds (`fold_text`), one grapheme at a time, so that a place in the folded text is a place
//! in the text.

use crate::Result;
use model::{Snippet, TextRange};
use sqlx::PgConnection;
use std::{collections::HashMap, ops::Range};
use unicode_segmentation::UnicodeSegmentation;

/// In graphemes, which people take for characters.
const MAX_SNIPPET: usize = 200;

/// Graphemes before the first match that is shown, where the text is longer than a snippet. As few at the end of
/// the text: a list shows only the first lines of a snippet.
const LEAD: usize = 40;

/// Ranges in a snippet; later ones are left out.
const MAX_MATCHES: usize = 50;

/// Put where the text goes on.
const ELLIPSIS: &str = "…";

/// Folded graphemes and words.
pub struct Folded(HashMap<String, String>);

impl Folded {
    /// Folds the graphemes of all texts, and the words.
    pub async fn load(
        db: &mut PgConnection,
        texts: impl Iterator<Item = &str>,
        words: &[String],
    ) -> Result<Self> {
        if words.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let mut parts: Vec<String> = texts
            .flat_map(|text| text.graphemes(true))
            .map(str::to_owned)
            .collect();
        parts.sort_unstable();
        parts.dedup();
        parts.extend_from_slice(words);
        let folded = sqlx::query_scalar!(
            r#"select fold_text(t.text) as "folded!" from unnest($1::text[]) with ordinality t(text, n)
            order by t.n"#,
            &parts
        )
        .fetch_all(db)
        .await?;
        Ok(Self(parts.into_iter().zip(folded).collect()))
    }

    pub fn get<'a>(&'a self, text: &'a str) -> &'a str {
        self.0.get(text).map_or(text, String::as_str)
    }

    /// The snippet of a text for words that are folded already.
    pub fn snippet(&self, shown_text: &str, words: &[&str]) -> Snippet {
        let graphemes: Vec<&str> = shown_text.graphemes(true).collect();
        let found = self.matches(&graphemes, words);
        let shown = window(graphemes.len(), &found);
        let matches = merged(found);
        let mut text = String::new();
        if shown.start > 0 {
            text.push_str(ELLIPSIS);
        }
        // The place of each grapheme in the snippet.
        let mut units: Vec<u32> = Vec::with_capacity(shown.len() + 1);
        let mut unit = utf16_len(&text);
        for grapheme in &graphemes[shown.clone()] {
            units.push(unit);
            unit += utf16_len(grapheme);
            text.push_str(grapheme);
        }
        units.push(unit);
        if shown.end < graphemes.len() {
            text.push_str(ELLIPSIS);
        }
        let inside = matches.iter().filter_map(|it| {
            let start = it.start.max(shown.start);
            let end = it.end.min(shown.end);
            (start < end).then(|| TextRange {
                start: units[start - shown.start],
                end: units[end - shown.start],
            })
        });
        let matches = inside.take(MAX_MATCHES).collect();
        Snippet { text, matches }
    }

    /// Where the words are, in order and in graphemes, each with the index of its word.
    fn matches(&self, graphemes: &[&str], words: &[&str]) -> Vec<(Range<usize>, usize)> {
        if words.iter().all(|it| it.is_empty()) {
            return Vec::new();
        }
        let mut folded = String::new();
        // The grapheme of each byte of the folded text.
        let mut origins: Vec<usize> = Vec::new();
        for (n, grapheme) in graphemes.iter().enumerate() {
            let text = self.get(grapheme);
            // A run of white space is one space, as in a text that is folded as a whole.
            if text == " " && folded.ends_with(' ') {
                continue;
            }
            folded.push_str(text);
            origins.resize(folded.len(), n);
        }
        let words = words.iter().enumerate().filter(|(_, it)| !it.is_empty());
        let mut found: Vec<(Range<usize>, usize)> = words
            .flat_map(|(n, word)| {
                let found = folded.match_indices(*word).take(MAX_MATCHES);
                found.map(move |found| (found, n))
            })
            .map(|((at, word), n)| (origins[at]..origins[at + word.len() - 1] + 1, n))
            .collect();
        found.sort_unstable_by_key(|(it, n)| (it.start, it.end, *n));
        found
    }
}

/// The ranges without overlaps.
fn merged(found: Vec<(Range<usize>, usize)>) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    for (range, _) in found {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The graphemes that are shown of so many: those around the first match after which most of the words follow.
fn window(count: usize, found: &[(Range<usize>, usize)]) -> Range<usize> {
    if count <= MAX_SNIPPET {
        return 0..count;
    }
    let start = best_start(found).saturating_sub(LEAD);
    start..count.min(start + MAX_SNIPPET)
}

/// Where the first match begins with which the most words are in one snippet.
fn best_start(found: &[(Range<usize>, usize)]) -> usize {
    let mut best = (0, 0);
    // The matches from the first to the one before `next` are in one snippet, and how many of each word.
    let (mut next, mut counts) = (0, HashMap::<usize, usize>::new());
    for (at, (first, word)) in found.iter().enumerate() {
        // The first one belongs to it, even if it is longer.
        while let Some((range, word)) = found.get(next)
            && (next == at || range.end <= first.start + MAX_SNIPPET - LEAD)
        {
            *counts.entry(*word).or_default() += 1;
            next += 1;
        }
        if counts.len() > best.0 {
            best = (counts.len(), first.start);
        }
        if let Some(count) = counts.get_mut(word) {
            *count -= 1;
            if *count == 0 {
                counts.remove(word);
            }
        }
    }
    best.1
}

fn utf16_len(text: &str) -> u32 {
    let units = text.chars().map(char::len_utf16).sum::<usize>();
    u32::try_from(units).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::Folded;
    use std::collections::HashMap;

    /// Folded as the database does, for these characters.
    fn folded(pairs: &[(&str, &str)]) -> Folded {
        let pairs = pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
        Folded(pairs.collect::<HashMap<_, _>>())
    }

    fn shown(folded: &Folded, body: &str, words: &[&str]) -> (String, Vec<String>) {
        let snippet = folded.snippet(body, words);
        let units: Vec<u16> = snippet.text.encode_utf16().collect();
        let matches = snippet
            .matches
            .iter()
            .map(|it| String::from_utf16(&units[it.start as usize..it.end as usize]).unwrap());
        let matches = matches.collect();
        (snippet.text, matches)
    }

    #[test]
    fn matches_are_ranges_of_the_body_as_it_is_written() {
        let it = folded(&[
            ("ß", "ss"),
            ("S", "s"),
            ("A", "a"),
            ("é", "é"),
            ("e\u{301}", "é"),
        ]);
        let (text, matches) = shown(&it, "👩‍🚀 Straße, cafe\u{301}", &["strasse", "é"]);
        assert_eq!(text, "👩‍🚀 Straße, cafe\u{301}");
        assert_eq!(matches, ["Straße", "e\u{301}"]);
        // Half of what one character is folded to is the whole character.
        assert_eq!(shown(&it, "aßb", &["as"]).1, ["aß"]);
        // What overlaps or touches is one range.
        assert_eq!(shown(&it, "banana", &["ana"]).1, ["ana"]);
        assert_eq!(shown(&it, "banana", &["ban", "nan", "a"]).1, ["banana"]);
        assert_eq!(shown(&it, "banana", &["", "x"]).1, [""; 0]);
        assert_eq!(
            shown(&it, "multi   space", &["multi space"]).1,
            ["multi   space"]
        );
    }

    #[test]
    fn long_bodies_are_cut_around_the_first_match() {
        let it = folded(&[]);
        let body = format!("{}needle{}", "é👩‍🚀".repeat(300), "x".repeat(500));
        let (text, matches) = shown(&it, &body, &["needle"]);
        assert_eq!(matches, ["needle"]);
        assert!(text.starts_with("…é👩‍🚀") && text.ends_with("x…"), "{text}");
        let (text, matches) = shown(&it, &"x".repeat(201), &[]);
        assert_eq!((text, matches), (format!("{}…", "x".repeat(200)), vec![]));
    }

    #[test]
    fn a_match_at_the_end_is_at_the_beginning_of_its_snippet() {
        let it = folded(&[]);
        for after in [0, 1, 150] {
            let body = format!("{}needle{}", "x".repeat(9000), "y".repeat(after));
            let (text, matches) = shown(&it, &body, &["needle"]);
            let expected = format!("…{}needle{}", "x".repeat(40), "y".repeat(after));
            assert_eq!((text, matches), (expected, vec!["needle".to_owned()]));
        }
    }

    #[test]
    fn a_snippet_is_where_most_of_the_words_are() {
        let it = folded(&[]);
        let gap = "-".repeat(300);
        let body = format!(
            "ada{gap}ada and {}bob{gap}cy, bob, ada{gap}ada bob",
            "-".repeat(20)
        );
        let (text, matches) = shown(&it, &body, &["ada", "bob", "cy"]);
        assert_eq!(matches, ["cy", "bob", "ada"], "{text}");
        let (text, matches) = shown(&it, &body, &["ada", "bob"]);
        assert_eq!(matches, ["ada", "bob"], "{text}");
        assert!(text.contains("ada and "), "{text}");
        // A match that is longer than a snippet is shown from its beginning.
        let long = "z".repeat(400);
        let (text, matches) = shown(&it, &format!("{gap}{long}"), &[&long]);
        assert_eq!(matches, ["z".repeat(160)], "{text}");
    }
}
