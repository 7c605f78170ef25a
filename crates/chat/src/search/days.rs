//! The days that a value of `before:`, `after:` or `on:` means.

use time::{Date, Month};

/// Days of a calendar, the last one excluded: one, a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub first: Date,
    pub end: Date,
}

/// `2026-03-05`, `2026-03`, `2026`, `today` or `yesterday`.
pub fn days(value: &str, today: Date) -> Option<Days> {
    let one = |first: Date| {
        Some(Days {
            first,
            end: first.next_day()?,
        })
    };
    if value.eq_ignore_ascii_case("today") {
        return one(today);
    }
    if value.eq_ignore_ascii_case("yesterday") {
        return one(today.previous_day()?);
    }
    let mut parts = value.split('-');
    let number = |part: &str, digits: usize| {
        let is_number = part.len() == digits && part.bytes().all(|it| it.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| is_number)
    };
    let year = i32::from(number(parts.next()?, 4)?);
    // A year later is still a year that Postgres and RFC 3339 can say.
    if !(1..=9998).contains(&year) {
        return None;
    }
    let short = |part| number(part, 2).and_then(|it| u8::try_from(it).ok());
    let first_of =
        |year, month: u8| Date::from_calendar_date(year, Month::try_from(month).ok()?, 1).ok();
    let (first, end) = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => (first_of(year, 1)?, first_of(year + 1, 1)?),
        (Some(month), None, _) => {
            let month = short(month)?;
            let next = match month {
                12 => first_of(year + 1, 1)?,
                _ => first_of(year, month.checked_add(1)?)?,
            };
            (first_of(year, month)?, next)
        }
        (Some(month), Some(day), None) => {
            let month = Month::try_from(short(month)?).ok()?;
            return one(Date::from_calendar_date(year, month, short(day)?).ok()?);
        }
        _ => return None,
    };
    Some(Days { first, end })
}

/// As `days` understands it, the day or the month that somebody seems to mean who writes it otherwise:
/// `2026-3-5`, `2026/03/05`, `5.3.2026`. A day that a month does not have is its month.
pub fn likely(value: &str) -> Option<String> {
    let parts: Vec<&str> = value.split(['-', '/', '.']).map(str::trim).collect();
    let [first, month, last] = parts[..] else {
        return None;
    };
    let (year, day) = if first.len() == 4 {
        (first, last)
    } else {
        (last, first)
    };
    let (year, month) = (year.parse::<i32>().ok()?, month.parse::<u8>().ok()?);
    let first = Date::from_calendar_date(year, Month::try_from(month).ok()?, 1).ok()?;
    if !(1000..=9998).contains(&year) {
        return None;
    }
    let date = first.replace_day(day.parse().ok()?);
    Some(date.map_or_else(|_| format!("{year}-{month:02}"), |date| date.to_string()))
}
