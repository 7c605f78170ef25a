//! Times as text of RFC 3339. The browser has code of its own for it, a tenth of what `time` takes in
//! WebAssembly; it reads what the server writes, and writes the same.

use serde::{Deserialize, Deserializer, Serializer, de::Error};
use std::fmt::Write;
use time::{
    Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset,
    format_description::well_known::Rfc3339,
};

const IS_BROWSER: bool = cfg!(target_family = "wasm");

/// The text of a time.
pub fn to_text(at: OffsetDateTime) -> String {
    if IS_BROWSER {
        write(at)
    } else {
        at.format(&Rfc3339).unwrap_or_default()
    }
}

pub fn serialize<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    if IS_BROWSER {
        serializer.serialize_str(&write(*at))
    } else {
        time::serde::rfc3339::serialize(at, serializer)
    }
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    if IS_BROWSER {
        let text = String::deserialize(deserializer)?;
        read(&text).ok_or_else(|| D::Error::custom("not a time"))
    } else {
        time::serde::rfc3339::deserialize(deserializer)
    }
}

/// The same for a time that may be absent.
pub mod option {
    use super::{IS_BROWSER, read, write};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use time::OffsetDateTime;

    #[allow(clippy::ref_option, reason = "the signature that serde calls")]
    pub fn serialize<S: Serializer>(
        at: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if IS_BROWSER {
            at.map(write).serialize(serializer)
        } else {
            time::serde::rfc3339::option::serialize(at, serializer)
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        if !IS_BROWSER {
            return time::serde::rfc3339::option::deserialize(deserializer);
        }
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let at = read(&text).ok_or_else(|| D::Error::custom("not a time"))?;
        Ok(Some(at))
    }
}

fn write(at: OffsetDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    let month = u8::from(month);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if at.nanosecond() != 0 {
        let fraction = format!(".{:09}", at.nanosecond());
        text.push_str(fraction.trim_end_matches('0'));
    }
    if at.offset().is_utc() {
        text.push('Z');
    } else {
        let (hours, minutes, _) = at.offset().as_hms();
        let sign = if at.offset().is_negative() { '-' } else { '+' };
        let (hours, minutes) = (hours.unsigned_abs(), minutes.unsigned_abs());
        // Writing to a string does not fail.
        let _ = write!(text, "{sign}{hours:02}:{minutes:02}");
    }
    text
}

fn read(text: &str) -> Option<OffsetDateTime> {
    let text = text.as_bytes();
    let (main, rest) = text.split_at_checked("2026-01-02T03:04:05".len())?;
    let signs = [4, 7, 10, 13, 16].map(|at| main[at]);
    if signs != *b"--T::" {
        return None;
    }
    let month = Month::try_from(two(main, 5)?).ok()?;
    let year = i32::from(two(main, 0)?) * 100 + i32::from(two(main, 2)?);
    let date = Date::from_calendar_date(year, month, two(main, 8)?).ok()?;
    let (nanosecond, rest) = fraction(rest)?;
    let time = Time::from_hms_nano(two(main, 11)?, two(main, 14)?, two(main, 17)?, nanosecond);
    let offset = match rest {
        b"Z" => UtcOffset::UTC,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let minutes = i32::from(two(rest, 1)?) * 60 + i32::from(two(rest, 4)?);
            let sign = if *sign == b'-' { -60 } else { 60 };
            UtcOffset::from_whole_seconds(sign * minutes).ok()?
        }
        _ => return None,
    };
    Some(PrimitiveDateTime::new(date, time.ok()?).assume_offset(offset))
}

/// The nanoseconds of a fraction of a second, if there is one, and what follows it. Digits after the ninth do
/// not count.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let end = digits.iter().position(|digit| !digit.is_ascii_digit())?;
    let (digits, rest) = digits.split_at(end);
    let place = |at| u32::from(digits.get(at).map_or(0, |digit| digit - b'0'));
    let nanosecond = (0..9).fold(0, |number, at| number * 10 + place(at));
    (end > 0).then_some((nanosecond, rest))
}

/// A number of two digits.
fn two(text: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| text[at].is_ascii_digit().then(|| text[at] - b'0');
    Some(digit(at)? * 10 + digit(at + 1)?)
}

#[cfg(test)]
mod tests {
    use super::{read, to_text, write};
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};

    fn known(text: &str) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(text, &Rfc3339).ok()
    }

    #[test]
    fn reads_and_writes_as_the_server_does() {
        for text in [
            "2026-01-02T03:04:05Z",
            "2024-02-29T23:59:59.999999Z",
            "1970-01-01T00:00:00.1Z",
            "2026-12-31T00:00:00.000000001Z",
            "2026-06-01T12:00:00+05:30",
            "2026-06-01T12:00:00.25-11:45",
            "9999-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
        ] {
            let at = known(text).unwrap();
            assert_eq!(read(text), Some(at), "{text}");
            assert_eq!(write(at), text);
            assert_eq!(to_text(at), text);
        }
    }

    #[test]
    fn every_hour_of_three_years_is_the_same() {
        let start = known("2027-01-01T00:00:00.5Z").unwrap();
        for hour in 0..3 * 366 * 24 {
            let at = start + time::Duration::hours(hour);
            let text = at.format(&Rfc3339).unwrap();
            assert_eq!(write(at), text);
            assert_eq!(read(&text), Some(at));
        }
    }

    #[test]
    fn refuses_what_the_server_refuses() {
        for text in [
            "",
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05.5",
            "2026-13-02T03:04:05Z",
            "2026-02-29T03:04:05Z",
            "2026-01-02T24:04:05Z",
            "2026-01-02T03:60:05Z",
            "2026-01-02T03:04:05+0100",
            "2026-01-02T03:04:05+30:00",
            "2026-01-02T03:04:05ZZ",
            "+026-01-02T03:04:05Z",
            "2026-01-02T03:04:éZ",
        ] {
            assert_eq!(known(text), None, "{text}");
            assert_eq!(read(text), None, "{text}");
        }
    }
}
