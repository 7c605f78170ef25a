//! Extended JSON v2, relaxed and canonical, as `mongoexport` writes it: values of BSON that JSON has
//! no type for are objects like `{"$oid": "…"}` or `{"$date": {"$numberLong": "…"}}`.

use serde_json::Value;
use std::ops::RangeInclusive;
use time::{Date, OffsetDateTime, UtcOffset, format_description::well_known::Iso8601};

/// The years, in UTC, of times that are taken. RFC 3339 and the Postgres type have them, and so does every
/// offset in which a page may show such a time.
const YEARS: RangeInclusive<i32> = 1..=9998;

/// The only field of an object, and its value.
fn wrapped(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object()?;
    let (name, value) = object.iter().next()?;
    (object.len() == 1).then_some((name, value))
}

/// An integer: a number of JSON without a fraction, or one of the wrapped ones.
pub fn integer(value: &Value) -> Option<i64> {
    if let Some((name, value)) = wrapped(value) {
        let digits = value.as_str()?;
        return match name {
            "$numberInt" | "$numberLong" | "$numberDecimal" => digits.parse().ok(),
            "$numberDouble" => digits.strip_suffix(".0").unwrap_or(digits).parse().ok(),
            _ => None,
        };
    }
    value.as_i64()
}

/// The text of an `ObjectId`, a UUID, or a wrapped number.
pub fn text(value: &Value) -> Option<String> {
    match wrapped(value)? {
        ("$oid" | "$uuid" | "$symbol", text) => text.as_str().map(str::to_owned),
        _ => integer(value).map(|number| number.to_string()),
    }
}

/// A time: wrapped, as text with or without an offset, or in milliseconds since 1970. Prisma's and
/// Sequelize's columns without an offset are in UTC. `None` for one that not everybody can hold.
pub fn time(value: &Value) -> Option<OffsetDateTime> {
    let value = if let Some(("$date", value)) = wrapped(value) {
        value
    } else {
        value
    };
    let time = if let Some(text) = value.as_str() {
        parse_time(text)?
    } else {
        let nanoseconds = i128::from(integer(value)?) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?
    };
    let time = time.checked_to_offset(UtcOffset::UTC)?;
    YEARS.contains(&time.year()).then_some(time)
}

fn parse_time(text: &str) -> Option<OffsetDateTime> {
    if text.len() == 10 {
        let date = Date::parse(text, &Iso8601::DATE).ok()?;
        return Some(date.midnight().assume_utc());
    }
    let (date, clock) = (text.get(..10)?, text.get(11..)?);
    let mut clock = clock.replace(' ', "");
    if let Some(sign) = clock.rfind(['+', '-']) {
        // Postgres prints whole hours as `+00`, others print `+0000`.
        match clock.len() - sign {
            3 => clock.push_str(":00"),
            5 => clock.insert(sign + 3, ':'),
            _ => {}
        }
    } else if !clock.ends_with(['Z', 'z']) {
        clock.push('Z');
    }
    OffsetDateTime::parse(&format!("{date}T{clock}"), &Iso8601::DEFAULT).ok()
}
