//! Pages: limits, cursors and search patterns, the same for every list.

use crate::{Error, Result};
use model::Page;

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 100;

/// The number of items that a page was asked to have.
pub fn limit(asked: Option<i64>) -> Result<i64> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Error::invalid("limit", "must be 1 to 100")),
    }
}

/// Cuts one more than a page, which says that there is a next, down to a page.
pub fn cut<T>(mut items: Vec<T>, limit: i64, cursor: impl Fn(&T) -> String) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(cursor);
    Page { items, next_cursor }
}

/// Reads a cursor of ours back: numbers, joined by dots.
pub fn numbers<const N: usize>(cursor: Option<&str>) -> Result<Option<[i64; N]>> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let numbers: Option<Vec<i64>> = cursor.split('.').map(|part| part.parse().ok()).collect();
    numbers
        .and_then(|numbers| numbers.try_into().ok())
        .map(Some)
        .ok_or_else(|| Error::invalid("cursor", "is not one of ours"))
}

/// A pattern for `like` that finds the query anywhere; all for no query. Postgres has the last
/// word on what the lower case of a letter is.
pub fn contains(query: Option<&str>) -> String {
    let mut pattern = String::from("%");
    for c in query.unwrap_or_default().trim().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Which page of a list that counts its pages, as some clients do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OffsetPageRequest {
    /// From 1.
    pub page: i64,
    /// 1 to 100.
    pub limit: i64,
    /// Of messages: whether page 1 has the newest instead of the oldest.
    pub newest_first_pages: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetPage<T> {
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: i64,
}

impl OffsetPageRequest {
    /// How many to take, and how many to leave out before them.
    pub(crate) fn window(&self) -> Result<(i64, i64)> {
        let limit = limit(Some(self.limit))?;
        if self.page < 1 {
            return Err(Error::invalid("page", "must be 1 or more"));
        }
        Ok((limit, (self.page - 1).saturating_mul(limit)))
    }
}
