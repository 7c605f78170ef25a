//! Pages of lists: limits, cursors and page numbers.

use crate::{
    Caller, Error, Result,
    error::refuse_nul,
    page_walks::{NumberedList, PageWalk},
};
use model::{MessageId, Page};
use time::{OffsetDateTime, UtcOffset};

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 100;

/// Items in a list that is not divided into pages; the rest is left out.
pub const MAX_UNPAGED: i64 = 1000;

/// Messages that can be asked for at once, by their ids.
const MAX_ASKED: usize = 100;

/// Characters of a query that looks for names or titles. Both are shorter.
const MAX_QUERY: usize = 100;

/// Bytes of a cursor: the longest one is the id that an app has for a user.
const MAX_CURSOR: usize = 255;

/// What names or titles are looked for, without the space around it; empty where nothing is asked for.
///
/// # Errors
/// `Invalid` beyond `MAX_QUERY` characters, or with a NUL character, which Postgres cannot read.
pub fn query<'a>(field: &str, query: Option<&'a str>) -> Result<&'a str> {
    let query = query.unwrap_or_default().trim();
    refuse_nul(field, query)?;
    if query.len() > MAX_QUERY && query.chars().count() > MAX_QUERY {
        let reason = format!("must have at most {MAX_QUERY} characters");
        return Err(Error::invalid(field, reason));
    }
    Ok(query)
}

/// A cursor that is the text of an item.
///
/// # Errors
/// `Invalid` for what is longer than any of ours.
pub fn text_cursor(cursor: Option<&str>) -> Result<Option<&str>> {
    let cursor = cursor.map(check_cursor).transpose()?;
    refuse_nul("cursor", cursor.unwrap_or_default())?;
    Ok(cursor)
}

fn check_cursor(cursor: &str) -> Result<&str> {
    if cursor.len() > MAX_CURSOR {
        return Err(not_ours());
    }
    Ok(cursor)
}

fn not_ours() -> Error {
    Error::invalid("cursor", "is not one of ours")
}

/// The number of items in a page: 1 to 100, 50 by default.
pub fn limit(requested: Option<i64>) -> Result<i64> {
    match requested.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Error::invalid("limit", "must be 1 to 100")),
    }
}

/// The ids of messages that a caller asks for.
///
/// # Errors
/// `Invalid` without any, and beyond `MAX_ASKED`.
pub fn message_ids(ids: &[MessageId]) -> Result<Vec<i64>> {
    if ids.is_empty() || ids.len() > MAX_ASKED {
        return Err(Error::invalid("messageIds", "must be 1 to 100"));
    }
    Ok(ids.iter().map(|id| id.0).collect())
}

/// The number of items.
pub fn len<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

/// Makes a page of rows that were read with `limit + 1`: the extra row says that there is a next
/// page, and is removed. `cursor` is called with the last item that stays.
pub fn cut<T>(mut items: Vec<T>, limit: i64, cursor: impl Fn(&T) -> String) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| has_more).map(cursor);
    Page { items, next_cursor }
}

/// Adds what follows on the last page, up to its limit.
pub fn fill_up<T>(page: &mut Page<T>, more: Vec<T>, limit: i64) {
    page.items.extend(more);
    page.items
        .truncate(usize::try_from(limit).unwrap_or(usize::MAX));
}

/// Parses a cursor that consists of N numbers, joined by dots.
pub fn numbers<const N: usize>(cursor: Option<&str>) -> Result<Option<[i64; N]>> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let cursor = check_cursor(cursor)?;
    let numbers: Option<Vec<i64>> = cursor.split('.').map(|part| part.parse().ok()).collect();
    numbers
        .and_then(|numbers| numbers.try_into().ok())
        .map(Some)
        .ok_or_else(not_ours)
}

/// A time that a caller gives, in UTC: of the years 1 to 9999, which RFC 3339 can say and Postgres holds. One
/// that is beyond them in UTC only, by its offset, would be beyond the range of the type.
pub fn time(field: &str, at: Option<OffsetDateTime>) -> Result<Option<OffsetDateTime>> {
    let Some(at) = at else {
        return Ok(None);
    };
    let utc = at.checked_to_offset(UtcOffset::UTC);
    let utc = utc.filter(|it| (1..=9999).contains(&it.year()));
    let invalid = || Error::invalid(field, "must be a time of the years 1 to 9999");
    utc.map(Some).ok_or_else(invalid)
}

/// A page by its number (offset paging).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OffsetPageRequest {
    /// From 1.
    pub page: i64,
    /// 1 to 100.
    pub limit: i64,
    /// For messages: whether page 1 has the newest messages instead of the oldest.
    pub newest_first_pages: bool,
}

/// A page of offset paging.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetPage<T> {
    pub items: Vec<T>,
    /// The number of items on all pages.
    pub total: i64,
}

impl OffsetPageRequest {
    /// Limit and offset. `Invalid` unless page and limit are in their ranges.
    pub(crate) fn window(&self) -> Result<(i64, i64)> {
        let limit = limit(Some(self.limit))?;
        if self.page < 1 {
            return Err(Error::invalid("page", "must be 1 or more"));
        }
        Ok((limit, (self.page - 1).saturating_mul(limit)))
    }

    /// The pages of this size that the caller reads of a list.
    pub(crate) fn walk(&self, caller: &Caller, list: NumberedList) -> PageWalk {
        PageWalk {
            user_id: caller.user_id,
            session_id: caller.session_id,
            limit: self.limit,
            list,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::time;
    use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::datetime};

    #[test]
    fn a_time_beyond_the_range_is_refused() {
        let parsed = |text: &str| time("before", OffsetDateTime::parse(text, &Rfc3339).ok());
        for bad in [
            "9999-12-31T23:59:59-23:59",
            "0000-01-01T00:00:00+23:59",
            "0000-12-31T00:00:00Z",
        ] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
        assert!(time("before", Some(datetime!(-9999-01-01 0:00 +23:59))).is_err());
        for good in ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"] {
            assert!(parsed(good).unwrap().is_some(), "{good}");
        }
        let offset = parsed("2026-03-01T13:04:05+01:00").unwrap();
        assert_eq!(offset, Some(datetime!(2026-03-01 12:04:05 UTC)));
    }
}
