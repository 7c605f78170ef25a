//! Typing errors: the words of messages that are like a word of a query.

use crate::{
    Result,
    text::{distance, forgiven},
};
use sqlx::PgConnection;
use std::ops::RangeInclusive;

/// In characters: shorter words have too many neighbors, and longer ones are not kept.
const LENGTHS: RangeInclusive<usize> = 4..=32;

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
    let max = forgiven(word);
    let mut near: Vec<_> = known
        .into_iter()
        .map(|it| (distance(word, &it), it))
        .filter(|(distance, _)| (1..=max).contains(distance))
        .collect();
    near.sort();
    spellings.extend(near.into_iter().map(|(_, it)| it).take(MAX_SPELLINGS));
    Ok(spellings)
}
