//! The time zone of whoever searches: where the days of a query begin, also those of a summer in winter.

use crate::{Error, Result};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

/// In characters. The longest name of the IANA database has 32.
const MAX_NAME: usize = 64;

/// What Postgres says of the name of a zone that it does not know: `invalid_parameter_value`.
const UNKNOWN_ZONE: &str = "22023";

/// By its name in the IANA database, as Postgres knows it; UTC without one.
#[derive(Clone, Copy)]
pub struct TimeZone<'a>(Option<&'a str>);

impl<'a> TimeZone<'a> {
    /// Postgres takes other forms, too, of which `+02:00` means the opposite of what ISO 8601 does: only what a name may
    /// be is let through.
    pub fn parse(name: Option<&'a str>) -> Result<Self> {
        let is_name = |name: &str| {
            let is_sign = |it: u8| it.is_ascii_alphanumeric() || b"_/+-".contains(&it);
            let begins = name
                .bytes()
                .next()
                .is_some_and(|it| it.is_ascii_alphabetic());
            begins && name.len() <= MAX_NAME && name.bytes().all(is_sign)
        };
        match name {
            Some(name) if !is_name(name) => Err(unknown()),
            name => Ok(Self(name)),
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

    /// When these days begin: at their midnight, or where the clocks leave it out, when they go on.
    pub async fn starts(self, db: &mut PgConnection, days: &[Date]) -> Result<Vec<OffsetDateTime>> {
        let Some(name) = self.0.filter(|_| !days.is_empty()) else {
            return Ok(days.iter().map(|day| day.midnight().assume_utc()).collect());
        };
        let starts = sqlx::query_scalar!(
            r#"select (d.day::timestamp at time zone $2) as "start!"
            from unnest($1::date[]) with ordinality d(day, place) order by d.place"#,
            days,
            name
        );
        starts.fetch_all(db).await.map_err(refused)
    }
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
