//! The part of a file that a request asks for (RFC 9110, 14).

use http::{HeaderMap, HeaderValue, header};
use std::ops::Range;

#[derive(Debug, PartialEq, Eq)]
pub enum Requested {
    Whole,
    Part(Range<u64>),
    /// It begins after the end of the file.
    Unsatisfiable,
}

/// One range of bytes. Several, other units and what cannot be read are passed over, as the standard allows, and so
/// is a range of another state of the file (`If-Range`).
pub fn requested_range(headers: &HeaderMap, size: u64, tag: &HeaderValue) -> Requested {
    let is_other = headers.get(header::IF_RANGE).is_some_and(|it| it != tag);
    let range = headers.get(header::RANGE).and_then(|it| it.to_str().ok());
    let range = range.and_then(|it| it.strip_prefix("bytes="));
    match range.and_then(|it| it.trim().split_once('-')) {
        Some((first, last)) if !is_other => part(first, last, size),
        _ => Requested::Whole,
    }
}

fn part(first: &str, last: &str, size: u64) -> Requested {
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..size.min(last.saturating_add(1)),
        (Some(first), None) if last.is_empty() => first..size,
        // The last bytes.
        (None, Some(count)) if first.is_empty() && count > 0 => size.saturating_sub(count)..size,
        (None, Some(0)) if first.is_empty() => return Requested::Unsatisfiable,
        _ => return Requested::Whole,
    };
    if range.is_empty() {
        Requested::Unsatisfiable
    } else {
        Requested::Part(range)
    }
}

/// A number of digits alone, or the largest one for a number that is larger.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Requested, requested_range};
    use http::{HeaderMap, HeaderValue, header};

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let tag = HeaderValue::from_static("\"1\"");
        let of = |range: &'static str, known: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(range));
            if let Some(known) = known {
                headers.insert(header::IF_RANGE, HeaderValue::from_static(known));
            }
            requested_range(&headers, 10, &tag)
        };
        assert_eq!(of("bytes=2-4", None), Requested::Part(2..5));
        assert_eq!(of("bytes=2-", None), Requested::Part(2..10));
        assert_eq!(of("bytes=-3", None), Requested::Part(7..10));
        assert_eq!(of("bytes=8-99", None), Requested::Part(8..10));
        assert_eq!(of("bytes=2-4", Some("\"1\"")), Requested::Part(2..5));
        assert_eq!(of("bytes=10-", None), Requested::Unsatisfiable);
        assert_eq!(of("bytes=-0", None), Requested::Unsatisfiable);
        let huge = "bytes=99999999999999999999-";
        assert_eq!(of(huge, None), Requested::Unsatisfiable);
        let huge = "bytes=2-99999999999999999999";
        assert_eq!(of(huge, None), Requested::Part(2..10));
        let huge = "bytes=-99999999999999999999";
        assert_eq!(of(huge, None), Requested::Part(0..10));
        for whole in [
            "bytes=4-2",
            "bytes=1-2,4-5",
            "lines=1-2",
            "bytes=x-y",
            "bytes=+2-+4",
            "bytes=2-+4",
            "bytes=-+4",
            "bytes=-",
        ] {
            assert_eq!(of(whole, None), Requested::Whole, "{whole}");
        }
        assert_eq!(of("bytes=2-4", Some("\"2\"")), Requested::Whole);
    }
}
