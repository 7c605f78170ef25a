//! The time zone of whoever searches: where the days of a query begin, also those of a summer in winter.

use crate::{Error, Result};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

/// In characters. The longest name of the IANA database has 32.
const MAX_NAME: usize = 64;

/// Names of the database that have digits, beside those of `Etc`.
const WITH_DIGITS: [&str; 7] = [
    "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "GMT0", "GMT+0", "GMT-0",
];

/// What Postgres finds beside the zones: copies of them, some with leap seconds, and that of the server.
const BESIDE_ZONES: [&str; 4] = ["right/", "posix", "localtime", "factory"];

/// Names that are abbreviations, too, and what they are links to.
const WITH_SUMMER: [(&str, &str); 4] = [
    ("CET", "Europe/Brussels"),
    ("MET", "Europe/Brussels"),
    ("EET", "Europe/Athens"),
    ("WET", "Europe/Lisbon"),
];

/// What Postgres says of the name of a zone that it does not know: `invalid_parameter_value`.
const UNKNOWN_ZONE: &str = "22023";

/// By its name in the IANA database, as Postgres knows it; UTC without one.
#[derive(Clone, Copy)]
pub struct TimeZone<'a>(Option<&'a str>);

impl<'a> TimeZone<'a> {
    /// Postgres takes rules of POSIX, too, where `UTC+2` is west of Greenwich, and keeps each in memory: names have no
    /// digits, but for those of `WITH_DIGITS` and `Etc/GMT+2`.
    pub fn parse(name: Option<&'a str>) -> Result<Self> {
        match name {
            Some(name) if !is_name(name) => Err(unknown()),
            name => Ok(Self(name.map(whole))),
        }
    }

    /// The day that it is now.
    pub async fn today(self, db: &mut PgConnection) -> Result<Date> {
        let Some(name) = self.0 else {
            return Ok(OffsetDateTime::now_utc().date());
        };
        let today =
            sqlx::query_scalar!(r#"select (now() at time zone $1)::date as "today!""#, name);
        today.fetch_one(db).await.map_err(refused)
    }

    /// When these days begin: a second after the last one of the day before, as clocks may have midnight twice, or leave
    /// it out.
    pub async fn starts(self, db: &mut PgConnection, days: &[Date]) -> Result<Vec<OffsetDateTime>> {
        let Some(name) = self.0.filter(|_| !days.is_empty()) else {
            return Ok(days.iter().map(|day| day.midnight().assume_utc()).collect());
        };
        let starts = sqlx::query_scalar!(
            r#"select ((d.day::timestamp - interval '1 second') at time zone $2) + interval '1 second' as "start!"
            from unnest($1::date[]) with ordinality d(day, place) order by d.place"#,
            days,
            name
        );
        starts.fetch_all(db).await.map_err(refused)
    }
}

fn is_name(name: &str) -> bool {
    let is_sign = |it: u8| it.is_ascii_alphabetic() || b"_/-".contains(&it);
    if name.is_empty() || name.len() > MAX_NAME {
        return false;
    }
    if WITH_DIGITS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
    {
        return true;
    }
    let at = name
        .bytes()
        .position(|it| it.is_ascii_digit() || it == b'+');
    let (letters, hours) = name.split_at(at.unwrap_or(name.len()));
    let hours = hours.strip_prefix('+').unwrap_or(hours);
    let is_beside = |it: &str| {
        name.get(..it.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(it))
    };
    let is_of_etc = ["Etc/GMT", "Etc/GMT-"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(letters));
    letters.bytes().all(is_sign)
        && !BESIDE_ZONES.into_iter().any(is_beside)
        && (at.is_none()
            || is_of_etc
                && hours
                    .parse::<u8>()
                    .is_ok_and(|it| it <= 14 && it.to_string() == hours))
}

/// To Postgres some names are abbreviations first, of a time without a summer.
fn whole(name: &str) -> &str {
    let of_abbreviation = WITH_SUMMER
        .iter()
        .find(|(it, _)| it.eq_ignore_ascii_case(name));
    of_abbreviation.map_or(name, |(_, whole)| whole)
}

fn unknown() -> Error {
    Error::invalid(
        "timeZone",
        "must be the name of a time zone, such as Europe/Berlin",
    )
}

fn refused(error: sqlx::Error) -> Error {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    match code.as_deref() {
        Some(UNKNOWN_ZONE) => unknown(),
        _ => error.into(),
    }
}
