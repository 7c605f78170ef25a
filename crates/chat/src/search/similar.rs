//! Typing errors: the words of messages that are like a word of a query.

use crate::Result;
use sqlx::PgConnection;
use std::ops::RangeInclusive;

/// In characters: shorter words have too many neighbors, and longer ones are not kept.
const LENGTHS: RangeInclusive<usize> = 4..=32;

/// From this length on, two errors are forgiven instead of one.
const LONG_WORD: usize = 8;

/// Words that are compared, the most alike by their trigrams.
const MAX_COMPARED: i64 = 100;

/// Words that one word of a query may stand for.
const MAX_SPELLINGS: usize = 8;

/// The words that a folded word of a query may stand for, itself included, the most alike first. Only itself
/// for what is not a word of letters.
pub async fn spellings(db: &mut PgConnection, word: &str) -> Result<Vec<String>> {
    let mut spellings = vec![word.to_owned()];
    let length = word.chars().count();
    if !LENGTHS.contains(&length) || word.contains(|c: char| c.is_numeric()) {
        return Ok(spellings);
    }
    let known = sqlx::query_scalar!(
        r#"select w as "word!" from similar_words($1, $2) w"#,
        word,
        MAX_COMPARED
    )
    .fetch_all(db)
    .await?;
    let max = if length >= LONG_WORD { 2 } else { 1 };
    let mut near: Vec<_> = known
        .into_iter()
        .map(|it| (distance(word, &it), it))
        .filter(|(distance, _)| (1..=max).contains(distance))
        .collect();
    near.sort();
    spellings.extend(near.into_iter().map(|(_, it)| it).take(MAX_SPELLINGS));
    Ok(spellings)
}

/// The number of letters to change, insert, leave out or let change places with the next one (optimal string
/// alignment).
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row[j] = best;
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn a_letter_more_less_another_or_two_in_the_wrong_order_is_one_error() {
        for (a, b, errors) in [
            ("meeting", "meeting", 0),
            ("meting", "meeting", 1),
            ("meeeting", "meeting", 1),
            ("meetimg", "meeting", 1),
            ("meetign", "meeting", 1),
            ("привте", "привет", 1),
            ("abcd", "", 4),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), errors, "{a} {b}");
            assert_eq!(distance(b, a), errors, "{b} {a}");
        }
    }
}
